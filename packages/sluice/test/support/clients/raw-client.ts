import { connect as connectPlain, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { RawResponse } from "./raw-response.ts";
import { ReceivedStream } from "./received-stream.ts";

/** A request, and the way in which it is sent and read. */
export interface RawRequest {
  readonly path?: string;
  readonly method?: string;
  readonly version?: "1.0" | "1.1";
  readonly headers?: Readonly<Record<string, string>>;
  /** Reads nothing until `resume()`. */
  readonly paused?: boolean;
  /** Keeps the bytes of the body instead of parsing them as an event stream. */
  readonly keep?: boolean;
  readonly tls?: boolean;
}

/** A client of HTTP/1 on a bare socket. It can break the rules that HTTP clients follow. */
export class RawClient implements Disposable {
  readonly socket: Socket;
  /** The TCP socket under TLS; without TLS the same as `socket`. */
  readonly #tcp: Socket;
  readonly responses: RawResponse[] = [];
  /** True once the server has ended its side of the connection. */
  ended = false;
  /** True once the connection is closed. */
  closed = false;
  readonly #keep: boolean;
  readonly #methods: string[] = [];
  readonly #waiting: (() => void)[] = [];
  readonly #nothing = new ReceivedStream();

  constructor(port: number, { tls = false, keep = false, paused = false }: RawRequest = {}) {
    this.#keep = keep;
    // Half-open, so that a half-closed connection stays open until the client leaves.
    this.#tcp = connectPlain({ port, host: "127.0.0.1", allowHalfOpen: true });
    this.socket = tls ? connectTls({ socket: this.#tcp, rejectUnauthorized: false }) : this.#tcp;
    // A connection that was cut on purpose may end in an error.
    this.socket.on("error", () => undefined);
    this.socket.on("data", (bytes) => {
      this.#read(bytes);
      this.#notify();
    });
    this.socket.on("end", () => {
      this.ended = true;
      this.responses.at(-1)?.finish();
      this.socket.end();
    });
    this.socket.on("close", () => {
      this.closed = true;
      this.#notify();
    });
    if (paused) this.socket.pause();
  }

  /** The first response. */
  get response(): RawResponse {
    const [first] = this.responses;
    if (first === undefined) throw new Error("No response has arrived.");
    return first;
  }

  /** The body of the first response, as far as it has arrived. */
  get stream(): ReceivedStream {
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

  /** Resolves once `condition` holds or the connection is closed. It is checked whenever bytes arrive. */
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

  /** Closes the connection like a program that exits: FIN, or RST if bytes were left unread. */
  close(): void {
    this.socket.destroy();
  }

  /** Sends FIN and keeps reading. */
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

  #notify(): void {
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
