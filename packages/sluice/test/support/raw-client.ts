import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { RawResponse } from "./raw-response.ts";
import { SeenStream } from "./seen-stream.ts";

/** How a request is sent. */
export interface RawRequest {
  readonly path?: string;
  readonly method?: string;
  readonly version?: "1.0" | "1.1";
  readonly headers?: Readonly<Record<string, string>>;
  /** Does not read until `resume()`. */
  readonly paused?: boolean;
  /** Keeps the bytes of the body instead of reading it as an event stream. */
  readonly keep?: boolean;
  readonly tls?: boolean;
}

/** A client of HTTP/1 that speaks by hand, and can do what no well-behaved client does. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  /** What TLS runs on; without it the same. */
  readonly #tcp: Socket;
  readonly responses: RawResponse[] = [];
  /** Whether the server has ended the connection, and whether it is gone. */
  ended = false;
  closed = false;
  readonly #keep: boolean;
  readonly #methods: string[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #nothing = new SeenStream();

  constructor(port: number, { tls = false, keep = false, paused = false }: RawRequest = {}) {
    this.#keep = keep;
    // Half-open, so that a half-closed connection stays until it is left.
    this.#tcp = connectPlain({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.socket = tls ? connectTls({ socket: this.#tcp, rejectUnauthorized: false }) : this.#tcp;
    // A connection that was cut on purpose may end in an error.
    this.socket.on("error", () => undefined);
    this.socket.on("data", (bytes) => {
      this.#read(bytes);
      this.#tell();
    });
    this.socket.on("end", () => {
      this.ended = true;
      this.responses.at(-1)?.finish();
      this.socket.end();
    });
    this.socket.on("close", () => {
      this.closed = true;
      this.#tell();
    });
    if (paused) this.socket.pause();
  }

  /** The first response. */
  get response(): RawResponse {
    const [first] = this.responses;
    if (first === undefined) throw new Error("Nothing has come yet.");
    return first;
  }

  /** What has been seen of the first response's body. */
  get stream(): SeenStream {
    return this.responses[0]?.stream ?? this.#nothing;
  }

  get hasHead(): boolean {
    return this.responses[0]?.hasHead === true;
  }

  send({ path = "/", method = "GET", version = "1.1", headers = {} }: RawRequest = {}): this {
    const lines = Object.entries({ host: "localhost", ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#methods.push(method);
    this.socket.write(`${method} ${path} HTTP/${version}\r\n${lines.join("")}\r\n`, "latin1");
    return this;
  }

  /** Resolves once a condition on what has come holds, or the connection is gone; looks whenever something comes. */
  async when(condition: () => boolean): Promise<void> {
    while (!this.closed && !condition()) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  /** Closes the connection as a program does that ends: FIN, or RST where something was left unread. */
  close(): void {
    this.socket.destroy();
  }

  /** Says that nothing more will be sent, and stays. */
  halfClose(): void {
    this.socket.end();
  }

  /** Cuts the connection with RST. */
  reset(): void {
    this.#tcp.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #tell(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #read(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      let current = this.responses.at(-1);
      if (current === undefined || current.complete) {
        current = new RawResponse(this.#methods[this.responses.length] ?? "GET", this.#keep);
        this.responses.push(current);
      }
      rest = current.push(rest);
    }
  }
}
