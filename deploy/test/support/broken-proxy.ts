import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { createSluice } from "sluice";
import { ProxiedDesk, QUIET_STREAM, STREAM } from "./proxied-desk.ts";
import { type ProxyKind, ProxyProcess } from "./proxy-process.ts";
import { type Protocol, StreamClient } from "./stream-client.ts";

/** A stream is judged after this time: a head that has not arrived by then is held back. */
export const OBSERVED_MS = 3_000;

/** The desk behind a proxy with a broken file. */
export class BrokenSite implements AsyncDisposable {
  readonly desk: ProxiedDesk;
  readonly proxy: ProxyProcess;

  private constructor(desk: ProxiedDesk, proxy: ProxyProcess) {
    this.desk = desk;
    this.proxy = proxy;
  }

  /** Starts both. `file` is relative to deploy/. */
  static async start(proxy: ProxyKind, file: string): Promise<BrokenSite> {
    const desk = await ProxiedDesk.start();
    return new BrokenSite(desk, await ProxyProcess.start(proxy, { desks: [desk.port, desk.port], file }));
  }

  /** Requests a stream through the proxy, and waits for nothing. */
  request({ gzip = false, path = STREAM, protocol = "HTTP/1.1" as Protocol } = {}): StreamClient {
    return new StreamClient(this.proxy, { protocol, gzip, path, headers: this.desk.headers });
  }

  /** Requests a stream without events, and resolves to its client after 3 s. */
  async observe(request: { gzip?: boolean; protocol?: Protocol } = {}): Promise<StreamClient> {
    const client = this.request({ ...request, path: QUIET_STREAM });
    await wait(OBSERVED_MS);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.stop();
    await this.desk[Symbol.asyncDispose]();
  }
}

/** Starts a server whose streams send a first comment and then neither events nor heartbeats. */
export async function startSilentServer(): Promise<{ port: number } & AsyncDisposable> {
  const sluice = createSluice({ heartbeat: 3_600_000 });
  const silence = sluice.channel("silence");
  const server = createServer((request, response) => void sluice.stream(request, response, silence.subscribe()));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await sluice.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
