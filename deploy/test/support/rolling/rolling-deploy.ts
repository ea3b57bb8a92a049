import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../../../scripts/programs/server-process.mjs";
import { type ProxyKind, ProxyProcess } from "../proxies/proxy-process.ts";
import { CpuMeter } from "./cpu-meter.ts";
import { RollingClient, type Seen } from "./rolling-client.ts";

const SERVER = fileURLToPath(new URL("rolling-server.mjs", import.meta.url));
/** Number of clients that connect at a time. */
const BATCH = 100;
const BATCH_PAUSE_MS = 50;
const PUBLISH_EVERY_MS = 500;
/** Long enough for 5,000 clients on a busy machine. */
const DEADLINE_MS = 180_000;
const CHECK_EVERY_MS = 100;

/** The outcome of a rolling deploy. */
export interface RollingDeploy extends Seen {
  readonly published: number;
  /** For each restart: the ms from SIGTERM to each reconnect. */
  readonly restarts: readonly (readonly number[])[];
  /** For each restart: the ms from SIGTERM until all clients were connected again. */
  readonly allBackMs: readonly number[];
  /** Peaks of the processor time, in percent of one processor. */
  readonly cpu: { readonly servers: number; readonly proxy: number };
}

/** Restarts two processes behind a proxy, one after the other, while clients are connected and events are published. */
export async function rollingDeploy(kind: ProxyKind, clientCount: number): Promise<RollingDeploy> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-rolling-"));
  const ports: [number, number] = [await freePort(), await freePort()];
  const servers = new Map<number, ChildProcess>();
  const clients: RollingClient[] = [];
  const seen: Seen = { reconnects: [], errorPages: [], missed: 0, repeated: 0, gaps: 0 };
  let proxy: ProxyProcess | undefined;
  const startServer = async (port: number) => void servers.set(port, await startProcess(port, folder));
  let published = 0;
  let last = 0;
  const publish = async () => {
    for (const port of ports) {
      const response = await fetch(`http://127.0.0.1:${port}/`, { method: "POST" }).catch(() => undefined);
      if (response?.ok !== true) continue;
      last = Math.max(last, Number((await response.text()).split("-").at(-1)));
      published++;
      return;
    }
  };
  let publishing: NodeJS.Timeout | undefined;
  try {
    for (const port of ports) await startServer(port);
    proxy = await ProxyProcess.start(kind, { desks: ports });
    while (clients.length < clientCount) {
      for (let i = 0; i < BATCH && clients.length < clientCount; i++) clients.push(new RollingClient(proxy.port, seen));
      await wait(BATCH_PAUSE_MS);
    }
    const allOpen = () => seen.errorPages.length > 0 || clients.every(({ isOpen }) => isOpen);
    await eventuallyAll("all clients are connected", allOpen);
    publishing = setInterval(() => void publish(), PUBLISH_EVERY_MS);
    using serverMeter = new CpuMeter(() => [...servers.values()].map(({ pid }) => pid!));
    using proxyMeter = new CpuMeter(() => proxy?.pids ?? []);
    const restarts: number[][] = [];
    const allBackMs: number[] = [];
    for (const port of ports) {
      const [began, first] = [performance.now(), seen.reconnects.length];
      const server = servers.get(port)!;
      const ended = once(server, "exit");
      server.kill("SIGTERM");
      await ended;
      await startServer(port);
      await eventuallyAll("all clients are connected again", allOpen);
      allBackMs.push(performance.now() - began);
      restarts.push(seen.reconnects.slice(first).map((at) => at - began));
    }
    clearInterval(publishing);
    await publish();
    const allHaveLast = () => seen.errorPages.length > 0 || clients.every(({ offset = 0 }) => offset >= last);
    await eventuallyAll("all clients have the last event", allHaveLast);
    const cpu = { servers: serverMeter.peakPercent, proxy: proxyMeter.peakPercent };
    return { ...seen, published, restarts, allBackMs, cpu };
  } finally {
    clearInterval(publishing);
    for (const client of clients) client.close();
    await proxy?.stop();
    for (const server of servers.values()) server.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Resolves once `condition` holds. Checks it seldom, because it looks at each of thousands of clients. */
async function eventuallyAll(what: string, condition: () => boolean): Promise<void> {
  const end = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Not within ${DEADLINE_MS} ms: ${what}`);
    await wait(CHECK_EVERY_MS);
  }
}

async function startProcess(port: number, folder: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [SERVER, `${port}`, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const early = once(child, "exit").then(() => Promise.reject(new Error("A server of the deploy did not start.")));
  await Promise.race([once(child.stdout, "data"), early]);
  early.catch(() => undefined);
  return child;
}
