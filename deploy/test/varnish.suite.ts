import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { DeskProcess } from "./support/desk-process.ts";
import { eventually } from "./support/eventually.ts";
import { NativeSource } from "./support/native-source.ts";
import { STREAM } from "./support/proxied-desk.ts";
import { VARNISH } from "./support/proxies.ts";
import { describeProxy } from "./support/proxy-contract.ts";
import { ProxyProcess } from "./support/proxy-process.ts";
import { PROTOCOLS } from "./support/stream-client.ts";

const SOURCES = 60;
/** All sources connect within 1.2 s: before and after the probe, every 0.5 s, notices that the desk is down. */
const PACE_MS = 20;

describeProxy(VARNISH, { usualTimeoutS: 60 });

it("Varnish: no native EventSource gives up that connects after the desk was killed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-killed-"));
  const desk = await DeskProcess.start(folder);
  const proxy = await ProxyProcess.start(VARNISH, { desks: [desk.port, desk.port] });
  const headers = await desk.signIn();
  const sources: NativeSource[] = [];
  try {
    await eventually("Varnish reaches the desk", async () => {
      const response = await fetch(`http://127.0.0.1:${proxy.port}/health/ready`).catch(() => undefined);
      return response?.ok === true;
    });
    await desk[Symbol.asyncDispose]();
    for (let i = 0; i < SOURCES; i++) {
      sources.push(new NativeSource(proxy, { protocol: PROTOCOLS[i % 3]!, path: STREAM, headers }, "orders"));
      await wait(PACE_MS);
    }
    await desk.start();
    await eventually("all are open or dead", () => sources.every(({ isOpen, dead }) => isOpen || dead !== undefined));
    expect(sources.flatMap(({ dead }) => dead ?? [])).toEqual([]);
  } finally {
    for (const source of sources) source.close();
    await proxy.stop();
    await desk[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
});
