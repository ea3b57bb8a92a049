import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { createSluice, type Sluice } from "sluice";
import { type Protocol, StreamClient } from "../clients/stream-client.ts";
import { ProxiedDesk, QUIET_STREAM, STREAM } from "../desks/proxied-desk.ts";
import { eventually } from "../eventually.ts";
import { type ProxyKind, ProxyProcess } from "../proxies/proxy-process.ts";

/** The time from the opening of a stream to its judgement, in ms. */
export const OBSERVED_MS = 3_000;

/** The desk behind a proxy with a broken file. */
export class BrokenSite implements AsyncDisposable {
  readonly desk: ProxiedDesk;
  readonly proxy: ProxyProcess;
  #observed = 0;

  private constructor(desk: ProxiedDesk, proxy: ProxyProcess) {
    this.desk = desk;
    this.proxy = proxy;
  }

  /** Starts the desk and the proxy. `file`, relative to deploy/, replaces `replacedFile`, by default the first file. */
  static async start(proxy: ProxyKind, file: string, replacedFile = proxy.files[0]): Promise<BrokenSite> {
    const desk = await ProxiedDesk.start({ compress: false });
    const desks = [desk.port, desk.port] as const;
    return new BrokenSite(desk, await ProxyProcess.start(proxy, { desks, file, replacedFile }));
  }

  /** Requests a stream through the proxy, and returns at once. */
  request({ gzip = false, path = STREAM, protocol = "HTTP/1.1" as Protocol } = {}): StreamClient {
    return new StreamClient(this.proxy, { protocol, gzip, path, headers: this.desk.headers });
  }

  /**
   * Requests a stream without events. Resolves to its client 3 s after the desk has opened the stream. Bytes that the
   * proxy has not passed on by then count as held back.
   */
  async observe({ gzip = false, protocol = "HTTP/1.1" as Protocol } = {}): Promise<StreamClient> {
    const key = `observed${++this.#observed}`;
    const client = this.request({ gzip, protocol, path: `${QUIET_STREAM}?key=${key}` });
    await eventually("the desk has opened the stream", () => this.desk.hasStream(key));
    await wait(OBSERVED_MS);
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.stop();
    await this.desk[Symbol.asyncDispose]();
  }
}

interface StreamServer extends AsyncDisposable {
  readonly port: number;
}

/** Starts a server whose streams send a first comment and then neither events nor heartbeats. */
export function startSilentServer(): Promise<StreamServer> {
  const sluice = createSluice({ heartbeat: 3_600_000 });
  const silence = sluice.channel("silence");
  return startServer(sluice, (request, response) => void sluice.stream(request, response, silence.subscribe()));
}

/** Starts a server whose streams end after one event: the number of the request, as `{ n }`. */
export function startEndingServer(): Promise<StreamServer> {
  const sluice = createSluice();
  let requests = 0;
  return startServer(sluice, (request, response) => {
    const n = ++requests;
    const source = async function* () {
      yield { n };
    };
    void sluice.stream(request, response, source);
  });
}

async function startServer(sluice: Sluice, listener: RequestListener): Promise<StreamServer> {
  const server = createServer(listener);
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
