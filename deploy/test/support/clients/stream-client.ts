import { type IncomingHttpHeaders, request as requestPlain } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { request as requestTls } from "node:https";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { createParser } from "../../../../packages/sluice/src/protocol/index.ts";
import { eventually } from "../eventually.ts";

export const PROTOCOLS = ["HTTP/1.1", "HTTP/1.1 over TLS", "HTTP/2"] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** The ports of a server or of the proxy in front of it. */
export interface Address {
  readonly port: number;
  readonly tlsPort: number;
}

export interface StreamRequest {
  readonly protocol?: Protocol;
  /** Accepts gzip, and decompresses as bytes arrive. */
  readonly gzip?: boolean;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A received event, with the time at which it arrived. */
export interface Arrival {
  readonly type: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the type of its data, and fails if the data differs
  readonly data: any;
  readonly at: number;
}

/** A client that reads an event stream on a connection of its own, and records when each part arrives. */
export class StreamClient implements Disposable {
  status: number | undefined;
  headers: IncomingHttpHeaders = {};
  readonly requestedAt: number = performance.now();
  headAt: number | undefined;
  /** Time at which the first byte of the body arrived, in ms. */
  firstAt: number | undefined;
  /** Time at which the stream ended or broke off, in ms. */
  endedAt: number | undefined;
  readonly events: Arrival[] = [];
  readonly comments: string[] = [];
  retry: number | undefined;
  /** Called once, when the stream has ended or broken off. */
  onEnd: () => void = () => undefined;
  lastEventId = "";
  #taken = 0;
  #leave: () => void = () => undefined;
  #disconnect: () => void = () => undefined;

  constructor(address: Address, { protocol = "HTTP/1.1", gzip = false, path, headers = {} }: StreamRequest) {
    const sent = {
      accept: "text/event-stream",
      ...(gzip && { "accept-encoding": "gzip" }),
      ...headers,
    };
    if (protocol === "HTTP/2") this.#openHttp2(address.tlsPort, path, sent);
    else this.#openHttp1(address, protocol, path, sent);
  }

  /** Resolves to the client once its stream has begun: the head and the first byte of the body have arrived. */
  static async open(address: Address, request: StreamRequest): Promise<StreamClient> {
    const client = new StreamClient(address, request);
    await eventually(`a stream begins over ${request.protocol}`, () => client.firstAt !== undefined || client.hasEnded);
    return client;
  }

  get hasEnded(): boolean {
    return this.endedAt !== undefined;
  }

  /** Resolves to the next event of this type, and skips others. */
  async next(type: string): Promise<Arrival> {
    let found: Arrival | undefined;
    await eventually(`an event ${type} arrives`, () => {
      while (found === undefined && this.#taken < this.events.length) {
        const event = this.events[this.#taken++];
        if (event?.type === type) found = event;
      }
      return found !== undefined || this.hasEnded;
    });
    if (found === undefined) throw new Error(`The stream ended before an event ${type}.`);
    return found;
  }

  /** Leaves the stream. Over HTTP/2, the connection stays open, as if a browser closed one of its streams. */
  close(): void {
    this.#leave();
  }

  /** Closes the connection, as a program does when it exits. */
  disconnect(): void {
    this.#disconnect();
  }

  [Symbol.dispose](): void {
    this.disconnect();
  }

  #openHttp1({ port, tlsPort }: Address, protocol: Protocol, path: string, headers: Record<string, string>): void {
    const isTls = protocol === "HTTP/1.1 over TLS";
    const options = { host: "127.0.0.1", path, headers: { host: "localhost", ...headers }, agent: false };
    const request = isTls
      ? requestTls({ ...options, port: tlsPort, servername: "localhost", rejectUnauthorized: false })
      : requestPlain({ ...options, port });
    request.once("response", (response) => {
      this.#begin(response.statusCode, response.headers);
      this.#read(response);
    });
    request.once("error", () => this.#end());
    request.once("close", () => this.#end());
    request.end();
    this.#leave = this.#disconnect = () => request.destroy();
  }

  #openHttp2(port: number, path: string, headers: Record<string, string>): void {
    const session: ClientHttp2Session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
    session.on("error", () => this.#end());
    session.once("close", () => this.#end());
    const stream = session.request({ ":path": path, ...headers });
    stream.once("response", ({ ":status": status, ...rest }) => {
      this.#begin(status, rest as IncomingHttpHeaders);
      this.#read(stream);
    });
    stream.once("error", () => this.#end());
    stream.once("close", () => this.#end());
    this.#leave = () => stream.close();
    this.#disconnect = () => session.destroy();
  }

  #begin(status: number | undefined, headers: IncomingHttpHeaders): void {
    this.status = status;
    this.headers = headers;
    this.headAt = performance.now();
  }

  #read(body: Readable): void {
    const parser = createParser({
      onEvent: ({ type, data, lastEventId }) => {
        this.events.push({ type, id: lastEventId, data: parseJson(data), at: performance.now() });
      },
      onComment: (text) => void this.comments.push(text),
      onRetry: (ms) => void (this.retry = ms),
    });
    const text = this.headers["content-encoding"] === "gzip" ? body.pipe(createGunzip()) : body;
    text.on("data", (bytes: Buffer) => {
      this.firstAt ??= performance.now();
      parser.push(bytes);
      this.lastEventId = parser.lastEventId;
    });
    // A stream that breaks off within gzip data ends with an error.
    for (const stream of new Set([body, text])) stream.on("error", () => this.#end());
    text.once("end", () => this.#end());
  }

  #end(): void {
    if (this.hasEnded) return;
    this.endedAt = performance.now();
    this.onEnd();
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
