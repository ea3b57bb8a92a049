import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { NativeSource } from "../support/clients/native-source.ts";
import { DeskProcess } from "../support/desks/desk-process.ts";
import { STREAM } from "../support/desks/proxied-desk.ts";
import { eventually } from "../support/eventually.ts";
import { NGINX } from "../support/proxies/proxies.ts";
import { ProxyProcess } from "../support/proxies/proxy-process.ts";

const SOURCES = 30;

it("a proxy that answers 502 while the desk is down kills every native EventSource", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-restart-"));
  const desk = await DeskProcess.start(folder);
  const proxy = await ProxyProcess.start(NGINX, { desks: [desk.port, desk.port], file: "nginx/broken/http-1.0.conf" });
  const headers = await desk.signIn();
  const sources = Array.from({ length: SOURCES }, () => new NativeSource(proxy, { path: STREAM, headers }, "orders"));
  try {
    await eventually("all streams are open", () => sources.every(({ isOpen }) => isOpen));
    await desk.stop();
    await eventually("all have given up", () => sources.every(({ dead }) => dead !== undefined));
    expect(new Set(sources.map(({ dead }) => dead))).toEqual(new Set(["502 text/html"]));
  } finally {
    for (const source of sources) source.close();
    await proxy.stop();
    await desk[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
});
