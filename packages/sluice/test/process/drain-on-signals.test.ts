import { spawnSync } from "node:child_process";
import { connect } from "node:http2";
import { constants } from "node:os";
import { describe, expect, it, onTestFinished } from "vitest";
import { commandOf } from "../runtimes/support/command-of.ts";
import { Program } from "../runtimes/support/program.ts";
import { readEventStream } from "../support/patient-testing.ts";

interface Setup {
  readonly sluices?: readonly object[];
  readonly protocol?: "http" | "http2";
  readonly listener?: "on" | "once" | "close" | "log";
  readonly source?: "parked" | "job";
  /** True if the program does not serve. */
  readonly idle?: boolean;
}

/** Longer than a busy machine takes for anything else. */
const LONG_MS = 120_000;
/** A drain that would last long. */
const SLOW = { drain: { grace: LONG_MS, timeout: LONG_MS } };
/** A drain whose timeout does not come. */
const PATIENT = { drain: { timeout: LONG_MS } };
/** Less than `LONG_MS`. A drain of one stream takes at most 2 s. */
const SOON_MS = 60_000;
const NEXT_SIGNAL_MS = 300;
/** Time for a head or an event on a busy machine. */
const TIMEOUT_MS = 60_000;

function run(setup: Setup = {}, command: readonly string[] = [process.execPath]): Program {
  const program = new Program(command, "drain-on.mjs", [JSON.stringify(setup)]);
  onTestFinished(() => {
    program.kill("SIGKILL");
    return program[Symbol.asyncDispose]();
  });
  return program;
}

/**
 * Sends a signal every 300 ms until the program ends or the test is over. A busy program may count the first two as
 * one signal.
 */
function killRepeatedly(program: Program, signal: NodeJS.Signals): void {
  const timer = setInterval(() => program.kill(signal), NEXT_SIGNAL_MS);
  onTestFinished(() => clearInterval(timer));
  void program.ended.then(() => clearInterval(timer));
}

/** Opens a stream, and waits for its first event. */
async function open(origin: string, path = "/"): Promise<void> {
  const stream = await readEventStream(origin + path, { timeout: TIMEOUT_MS });
  onTestFinished(() => stream[Symbol.asyncDispose]());
  await stream.next();
}

/** Resolves to the way in which the program ended, and the ms until then. */
async function endOf(program: Program): Promise<{ readonly end: number | string; readonly ms: number }> {
  const start = performance.now();
  const end = await program.ended;
  return { end, ms: performance.now() - start };
}

describe("a server with drainOn and open streams", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("drains on %s, and ends by that signal", async (signal) => {
    const program = run({ sluices: [PATIENT] });
    await open(await program.origin());
    program.kill(signal);
    expect(await program.message("closed")).toEqual({ closed: "drained" });
    const { end, ms } = await endOf(program);
    expect(end).toBe(signal);
    expect(ms).toBeLessThan(SOON_MS);
    expect(program.stderr).toBe("");
  });

  it("ends by the signal without streams too", async () => {
    const program = run();
    await program.origin();
    program.kill("SIGTERM");
    expect(await program.ended).toBe("SIGTERM");
  });

  it("drains all Sluices of the process before it ends", async () => {
    const program = run({ sluices: [{ drain: { grace: 300 } }, {}, { drainOn: ["SIGTERM"] }] });
    const origin = await program.origin();
    for (const index of [0, 1, 2]) await open(origin, `/stream/${index}`);
    program.kill("SIGTERM");
    for (const _ of [0, 1, 2]) expect(await program.message("closed")).toEqual({ closed: "drained" });
    expect(await program.ended).toBe("SIGTERM");
  });

  it("ends at once on a second signal", async () => {
    for (const second of ["SIGTERM", "SIGINT"] as const) {
      const program = run({ sluices: [SLOW] });
      await open(await program.origin());
      program.kill("SIGTERM");
      killRepeatedly(program, second);
      const { end, ms } = await endOf(program);
      expect(end).toBe(second);
      expect(ms).toBeLessThan(SOON_MS);
    }
  });

  it("cancels the jobs for which the drain had no time", async () => {
    const program = run({ source: "job", sluices: [{ drain: { timeout: 200 } }] });
    await using _stream = await readEventStream(await program.origin(), { timeout: TIMEOUT_MS });
    program.kill("SIGTERM");
    expect(await program.message("closed")).toEqual({ closed: "drained" });
    expect(await program.message("job")).toEqual({ job: "aborted" });
    expect(await program.ended).toBe("SIGTERM");
  });

  const unshare = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"];
  const canUnshare = spawnSync("unshare", [...unshare.slice(1), "true"]).status === 0;
  it.skipIf(!canUnshare)("ends with the usual status as the first process of a container", async () => {
    const program = run({}, [...unshare, process.execPath]);
    const origin = await program.origin();
    await open(origin);
    await fetch(`${origin}/raise/SIGTERM`);
    expect(await program.message("closed")).toEqual({ closed: "drained" });
    expect(await program.ended).toBe(128 + constants.signals.SIGTERM);
  });
});

describe("a program with drainOn and listeners of its own", () => {
  it.each(["on", "once"] as const)("decides itself how it ends, also with a listener added by %s", async (listener) => {
    const program = run({ listener });
    await open(await program.origin());
    program.kill("SIGTERM");
    expect(await program.message("closed")).toEqual({ closed: "drained" });
    expect(await program.message("listener")).toEqual({ listener: "called" });
    expect(await program.message("listener")).toEqual({ listener: "server closed" });
    expect(await program.ended).toBe(7);
  });

  it("decides itself although its listener closes the Sluice", async () => {
    const program = run({ listener: "close" });
    await open(await program.origin());
    program.kill("SIGTERM");
    expect(await program.ended).toBe(7);
  });

  it("lives on if its listener does not end it", async () => {
    const program = run({ listener: "log" });
    const origin = await program.origin();
    await open(origin);
    program.kill("SIGTERM");
    expect(await program.message("closed")).toEqual({ closed: "drained" });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await (await fetch(`${origin}/json`)).json()).toHaveProperty("pid");
  });

  it("has its streams cut on a second signal", async () => {
    const program = run({ listener: "log", sluices: [SLOW] });
    await open(await program.origin());
    program.kill("SIGTERM");
    const start = performance.now();
    killRepeatedly(program, "SIGTERM");
    expect(await program.message("closed")).toEqual({ closed: "drained" });
    expect(performance.now() - start).toBeLessThan(SOON_MS);
  });
});

describe("on node:http2, a server with drainOn", () => {
  it("sends GOAWAY to every session before a stream ends, and ends", async () => {
    const program = run({ protocol: "http2", sluices: [{ drain: { grace: 0 } }] });
    const origin = await program.origin();
    const events: string[] = [];
    const session = connect(origin);
    onTestFinished(() => session.destroy());
    session.on("goaway", () => events.push("goaway"));
    session.on("close", () => events.push("session closed"));
    const request = session.request({ ":path": "/stream" });
    request.on("end", () => events.push("stream ended")).resume();
    await new Promise((resolve) => request.once("data", resolve));
    const idle = connect(origin);
    onTestFinished(() => idle.destroy());
    idle.on("goaway", () => events.push("idle goaway"));
    await new Promise((resolve) => idle.request({ ":path": "/json" }).on("end", resolve).resume());
    program.kill("SIGTERM");
    expect(await program.ended).toBe("SIGTERM");
    expect(events.indexOf("goaway")).toBeLessThan(events.indexOf("stream ended"));
    expect(events).toEqual(expect.arrayContaining(["goaway", "idle goaway", "stream ended", "session closed"]));
  });

  it("lets server.close() of the program's own listener finish", async () => {
    const program = run({ protocol: "http2", listener: "on", sluices: [PATIENT] });
    const origin = await program.origin();
    const session = connect(origin);
    onTestFinished(() => session.destroy());
    const request = session.request({ ":path": "/stream" });
    await new Promise((resolve) => request.once("data", resolve));
    const start = performance.now();
    program.kill("SIGTERM");
    expect(await program.ended).toBe(7);
    expect(performance.now() - start).toBeLessThan(SOON_MS);
  });
});

describe.each([
  ["this Node", [process.execPath]],
  ["the newest Node", commandOf("node-newest")],
  ["Bun", commandOf("bun")],
  ["Deno", commandOf("deno", "run", "--no-config", "--allow-all")],
  ["Deno without permissions", commandOf("deno", "run", "--no-config", "--allow-net")],
])("on %s, a program with drainOn", (name, command) => {
  const isSkipped = command === undefined && process.env.CI !== "true";

  it.skipIf(isSkipped)("drains, and ends in time", async () => {
    const program = run({ sluices: [PATIENT] }, command);
    await open(await program.origin());
    program.kill("SIGTERM");
    expect(await program.message("closed")).toEqual({ closed: "drained" });
    const { end, ms } = await endOf(program);
    const status = 128 + constants.signals.SIGTERM;
    // A signal that Deno's watcher sends is for the program alone. Raised again, it would end the watcher.
    expect(name.startsWith("Deno") ? [status] : ["SIGTERM", status]).toContain(end);
    expect(ms).toBeLessThan(SOON_MS);
  });

  it.skipIf(isSkipped)("ends by itself if nothing else keeps it alive", async () => {
    const program = run({ idle: true }, command);
    expect(await program.message("listeners")).toEqual({ listeners: 1 });
    expect(await program.ended).toBe(0);
  });
});
