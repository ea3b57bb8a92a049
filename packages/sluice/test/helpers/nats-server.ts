import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverPath } from "../../../../scripts/servers.mjs";
import { until } from "./until.ts";

/** A nats-server with JetStream of the test's own, on a port of 127.0.0.1 that stays the same over restarts. */
export interface NatsServer extends AsyncDisposable {
  readonly port: number;
  /** `nats://127.0.0.1:port`, without a password. */
  readonly url: string;
  /** Ends the process, at once if so wished (SIGKILL), else in an orderly way. The data stays. */
  kill(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts it again after `kill`, with its data, without, or with what they were at the last `save`. */
  start(data?: "kept" | "lost" | "saved"): Promise<void>;
  /** Copies the data; only while it is killed. */
  save(): Promise<void>;
  /** Stops the process where it is (SIGSTOP), a moment later: connections stay open, and nobody answers. */
  pause(): void;
  resume(): void;
  /** Kills it and removes its data. */
  stop(): Promise<void>;
}

/** The path of nats-server, where there is one on this machine. */
export const NATS_SERVER: string | undefined = serverPath("nats-server");

export async function startNats(options: { readonly user?: string; readonly pass?: string } = {}): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-nats-"));
  const port = await freePort();
  const credentials = options.user === undefined ? [] : ["--user", options.user, "--pass", options.pass ?? ""];
  let running: ChildProcess | undefined;

  const server: NatsServer = {
    port,
    url: `nats://127.0.0.1:${port}`,
    async kill(signal = "SIGKILL") {
      const ending = running;
      running = undefined;
      if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
      const ended = once(ending, "exit");
      // One that is stopped would not see anything but SIGKILL.
      ending.kill("SIGCONT");
      ending.kill(signal);
      await ended;
    },
    async start(data = "kept") {
      if (data !== "kept") await rm(join(folder, "jetstream"), { recursive: true, force: true });
      if (data === "saved") await cp(join(folder, "saved"), join(folder, "jetstream"), { recursive: true });
      const args = ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder, ...credentials];
      const child = spawn(NATS_SERVER as string, args, { stdio: "ignore" });
      running = child;
      await until("nats-server listens", () => {
        if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}.`);
        return listens(port);
      });
    },
    save: () => cp(join(folder, "jetstream"), join(folder, "saved"), { recursive: true }),
    pause: () => void running?.kill("SIGSTOP"),
    resume: () => void running?.kill("SIGCONT"),
    async stop() {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
    [Symbol.asyncDispose]: () => server.stop(),
  };
  await server.start();
  return server;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    // A server greets with INFO; before that it might not take a connection yet.
    socket.once("data", () => resolve(true)).once("error", () => resolve(false));
    socket.once("close", () => resolve(false)).setTimeout(1_000, () => socket.destroy());
    socket.once("data", () => socket.destroy());
  });
}
