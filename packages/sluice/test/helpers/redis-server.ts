import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serverPath } from "../../../../scripts/servers.mjs";
import { until } from "./until.ts";

/** A redis-server of the test's own, on a port of 127.0.0.1 that stays the same over restarts. */
export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  /** `redis://127.0.0.1:port`, without a password. */
  readonly url: string;
  /** Ends the process, at once if so wished (SIGKILL), else in an orderly way. The data stays. */
  kill(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Starts it again after `kill`, with what it had on disk or without. */
  start(data?: "kept" | "lost"): Promise<void>;
  /** Stops the process where it is (SIGSTOP): connections stay open, and nobody answers. */
  pause(): void;
  resume(): void;
  /** Sends one command, its words separated by spaces, on a connection of its own; resolves to the answer as it came. */
  command(words: string): Promise<string>;
  /** Kills it and removes its data. */
  stop(): Promise<void>;
}

/** The path of redis-server, where there is one on this machine. */
export const REDIS_SERVER: string | undefined = serverPath("redis-server");

/** Every write is on disk before it is answered: what was acknowledged outlives SIGKILL. */
export const DURABLE: readonly string[] = ["--appendonly", "yes", "--appendfsync", "always"];

/** Starts one that keeps nothing on disk, unless the arguments say otherwise. */
export async function startRedis(args: readonly string[] = []): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-redis-"));
  const port = await freePort();
  let running: ChildProcess | undefined;

  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
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
      if (data === "lost") {
        for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
      }
      const place = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder];
      const child = spawn(REDIS_SERVER as string, [...place, "--save", "", ...args], { stdio: "ignore" });
      running = child;
      await until("redis-server answers", async () => {
        if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}.`);
        // Any answer will do but the one that it gives while it still loads its data.
        const answer = await ask(port, "PING").catch(() => "");
        return answer !== "" && !answer.startsWith("-LOADING");
      });
    },
    pause: () => void running?.kill("SIGSTOP"),
    resume: () => void running?.kill("SIGCONT"),
    command: (words) => ask(port, words),
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

/** How long a server may take to answer, in ms. */
const ANSWER_TIMEOUT_MS = 5_000;

/** One inline command; resolves to the first part of the answer that comes. */
function ask(port: number, words: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.write(`${words}\r\n`));
    socket.once("data", (answer) => {
      resolve(answer.toString());
      socket.destroy();
    });
    socket.once("error", reject).once("close", () => reject(new Error(`Redis gave no answer to ${words}.`)));
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
  });
}
