import { type ClientRequest, request } from "node:http";
import { createParser } from "../../../../packages/sluice/src/protocol/index.ts";

/** The reconnection time that Chromium uses until a stream sets another, in ms. */
const DEFAULT_RETRY_MS = 3_000;

/** Observations of all clients of a rolling deploy together. */
export interface Seen {
  /** Times at which clients sent a request again, in ms. */
  readonly reconnects: number[];
  /** Answers after which a native EventSource gives up. */
  readonly errorPages: string[];
  missed: number;
  repeated: number;
  gaps: number;
}

/** A client with the rules of a native EventSource. It checks the order of the events, and keeps no event. */
export class RollingClient {
  isOpen = false;
  /** Offset of the last received event. */
  offset: number | undefined;
  #lastEventId = "";
  #retry = DEFAULT_RETRY_MS;
  #request: ClientRequest | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #port: number;
  readonly #seen: Seen;

  constructor(port: number, seen: Seen) {
    this.#port = port;
    this.#seen = seen;
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#request?.destroy();
  }

  #connect(): void {
    const headers = {
      accept: "text/event-stream",
      ...(this.#lastEventId !== "" && { "last-event-id": this.#lastEventId }),
    };
    const parser = createParser({
      lastEventId: this.#lastEventId,
      onRetry: (ms) => void (this.#retry = ms),
      onComment: () => void (this.isOpen = true),
      onEvent: ({ type, lastEventId }) => {
        if (type === "gap") this.#seen.gaps++;
        else this.#check(Number(lastEventId.split("-").at(-1)));
      },
    });
    let hasEnded = false;
    const ended = () => {
      if (hasEnded || this.#closed) return;
      hasEnded = true;
      this.isOpen = false;
      this.#timer = setTimeout(() => {
        this.#seen.reconnects.push(performance.now());
        this.#connect();
      }, this.#retry);
    };
    this.#request = request({ host: "127.0.0.1", port: this.#port, headers, agent: false }, (response) => {
      const type = response.headers["content-type"] ?? "";
      if (response.statusCode !== 200 || !type.startsWith("text/event-stream")) {
        this.#seen.errorPages.push(`${response.statusCode} ${type}`);
        return this.close();
      }
      response.on("data", (bytes: Buffer) => {
        parser.push(bytes);
        this.#lastEventId = parser.lastEventId;
      });
      response.once("close", ended).on("error", () => undefined);
    });
    this.#request.once("error", ended).end();
  }

  #check(offset: number): void {
    const expected = this.offset === undefined ? offset : this.offset + 1;
    if (offset > expected) this.#seen.missed += offset - expected;
    if (offset < expected) this.#seen.repeated++;
    this.offset = Math.max(offset, this.offset ?? 0);
  }
}
