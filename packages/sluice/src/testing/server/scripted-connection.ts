import { checkBoolean, checkNames, checkNumber, checkText, invalidOption } from "../../base/checks/check-option.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import { sleep } from "../../base/time/timers.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { checkHeaders } from "../check-headers.ts";
import { inTime } from "../time-limit.ts";
import type { Wire } from "./wire.ts";

/** The head of a scripted event stream. */
export interface ScriptedHead {
  /** Status code of the answer. Default: 200. */
  readonly status?: number;
  /** Content type of the answer: a wrong one, or one with parameters. Default: `"text/event-stream"`. */
  readonly type?: string;
  /** Sets further headers. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * Sends the body in chunks, so that a client can tell a cut from the end. `false`: the body ends with the connection,
   * as in HTTP/1.0. Default: `true`.
   */
  readonly chunked?: boolean;
}

/** A scripted answer that is not an event stream. */
export interface ScriptedAnswer {
  /** Text of the answer. Default: `""`. */
  readonly body?: string;
  /** Content type of the answer. Default: `"text/plain"` if there is a body, else none. */
  readonly type?: string;
  /** The time to send as `Retry-After`, in seconds, or a date as text. Default: none. */
  readonly retryAfter?: number | string;
  /** Sets further headers. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The pace of a scripted text. */
export interface ScriptedPace {
  /** Number of bytes to send at a time. `Infinity`: all. Default: `Infinity`. */
  readonly size?: number;
  /** Pause after each piece, in ms. Default: 0. */
  readonly pause?: number;
}

const REDIRECTS = [301, 302, 303, 307, 308];
/** Statuses whose answers have no body. */
const EMPTY = [204, 205, 304];

/** A request to a scripted server, and the methods by which a script answers it. */
export class ScriptedConnection {
  readonly method: string;
  /** The path and the query of the request: `/orders?after=7`. */
  readonly path: string;
  /** The request's headers, by their lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The text of the request's body; `""` if there is none. */
  readonly body: string;
  /** The header `Last-Event-ID`, decoded from UTF-8; `""` if there is none. */
  readonly lastEventId: string;
  readonly #wire: Wire;
  readonly #extraHeaders: Readonly<Record<string, string>>;
  readonly #timeout: number;
  #hasHead = false;

  /** @internal Use `startScriptedServer()`. */
  constructor(wire: Wire, extraHeaders: Readonly<Record<string, string>>, timeout: number) {
    this.#wire = wire;
    this.#extraHeaders = extraHeaders;
    this.#timeout = timeout;
    const { method, path, headers, body } = wire.request;
    this.method = method;
    this.path = path;
    this.headers = headers;
    this.body = body;
    this.lastEventId = textOfBytes(headers["last-event-id"] ?? "");
  }

  /** True if the answer is complete, or the client or the server has closed the connection. */
  get isClosed(): boolean {
    return this.#wire.isClosed;
  }

  /**
   * Sends the head of an event stream. `send()` does so by itself if the script has not.
   *
   * @throws {SluiceError} `INVALID_OPTION`, `ALREADY_ANSWERED` if the head was sent before.
   */
  open(head: ScriptedHead = {}): void {
    checkNames("open", head, ["status", "type", "headers", "chunked"]);
    checkText("type", head.type);
    checkHeaders(head.headers);
    const { type = "text/event-stream", headers = {} } = head;
    this.#writeHead(checkStatus(head.status), { "content-type": type, ...headers }, head.chunked);
  }

  /**
   * Sends text or bytes as they are, such as `"data: 1\n\n"`. The bytes may be cut anywhere, and need not be UTF-8.
   * Resolves when they were handed over to the operating system.
   *
   * @throws {SluiceError} Rejects with `CLOSED` if the connection is closed, and with `INVALID_OPTION`.
   */
  async send(data: string | Uint8Array, pace: ScriptedPace = {}): Promise<void> {
    checkNames("send", pace, ["size", "pause"]);
    const size = checkNumber("size", pace.size, Number.POSITIVE_INFINITY, { min: 1, whole: true, infinite: true });
    const pause = checkNumber("pause", pace.pause, 0, { unit: "ms" });
    if (typeof data !== "string" && !(data instanceof Uint8Array)) throw invalidOption("data", "text or bytes", data);
    if (!this.#hasHead) this.open();
    const bytes = typeof data === "string" ? toBytes(data) : new Uint8Array(data);
    for (let start = 0; start < bytes.length; start += size) {
      this.#checkOpen();
      await this.#wire.write(bytes.subarray(start, start + size));
      if (pause > 0) await sleep(pause);
    }
  }

  /** Sends an event whose data is not valid UTF-8. A client receives the data `"a\uFFFDb"`. */
  async sendInvalidUtf8(): Promise<void> {
    await this.send("data: a");
    await this.send(new Uint8Array([0xff]));
    await this.send("b\n\n");
  }

  /** Sends nothing for `ms` milliseconds, or until the connection is closed. Default: until it is closed. */
  async stall(ms: number = Number.POSITIVE_INFINITY): Promise<void> {
    checkNumber("ms", ms, 0, { infinite: true, unit: "ms" });
    await (ms === Number.POSITIVE_INFINITY ? this.#wire.closed : Promise.race([this.#wire.closed, sleep(ms)]));
  }

  /** Completes the answer, as a server that has nothing more to send. */
  end(): void {
    if (!this.#hasHead) this.open();
    this.#wire.end();
  }

  /**
   * Closes the connection without completing the answer: before the head, in the middle of a line, wherever the script
   * is. `reset`: by a TCP reset, which may also drop bytes that the client has not read.
   */
  cut(options: { readonly reset?: boolean } = {}): void {
    checkNames("cut", options, ["reset"]);
    this.#wire.cut(checkBoolean("reset", options.reset, false));
  }

  /** Closes the server's side of the connection without completing the answer, and leaves the client's side open. */
  halfClose(): void {
    this.#wire.halfClose();
  }

  /**
   * Sends a whole answer that is not an event stream: 204, 401, 502 with a proxy's page, 503 with `retryAfter`.
   *
   * @throws {SluiceError} Rejects with `INVALID_OPTION`, with `ALREADY_ANSWERED` if the head was sent before, and with
   * `CLOSED` if the connection is closed.
   */
  async answer(status: number, answer: ScriptedAnswer = {}): Promise<void> {
    checkNames("answer", answer, ["body", "type", "retryAfter", "headers"]);
    checkText("type", answer.type);
    checkHeaders(answer.headers);
    const { body = "", type = body === "" ? undefined : "text/plain", retryAfter, headers } = answer;
    if (typeof body !== "string") throw invalidOption("body", "a string", body);
    if (retryAfter !== undefined && !/^(string|number)$/.test(typeof retryAfter))
      throw invalidOption("retryAfter", "seconds, or a date as text", retryAfter);
    const isEmpty = EMPTY.includes(status);
    if (isEmpty && body !== "") throw invalidOption("body", `no text with status ${status}`, body);
    this.#writeHead(checkStatus(status), {
      ...(isEmpty ? {} : { "content-length": String(toBytes(body).length) }),
      ...(type === undefined ? {} : { "content-type": type }),
      ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
      ...headers,
    });
    if (body !== "" && this.method !== "HEAD") await this.#wire.write(toBytes(body));
    this.#wire.end();
  }

  /** Redirects the client to a URL, absolute or relative to the request: 301, 302, 303, 307 or 308. */
  async redirect(status: number, location: string): Promise<void> {
    if (!REDIRECTS.includes(status)) throw invalidOption("status", `one of ${REDIRECTS.join(", ")}`, status);
    if (typeof location !== "string") throw invalidOption("location", "a URL as text", location);
    await this.answer(status, { headers: { location } });
  }

  /** Sends an event whose data is the request as JSON: `{ method, path, headers, body, lastEventId }`. */
  async echo(): Promise<void> {
    const { method, path, headers, body, lastEventId } = this;
    await this.send(`data: ${JSON.stringify({ method, path, headers, body, lastEventId })}\n\n`);
  }

  /** Resolves when the connection is closed. Rejects if it stays open longer than the server's time limit. */
  gone(): Promise<void> {
    return inTime(this.#timeout, this.#wire.closed, () => `Expected the end of ${this.method} ${this.path}`);
  }

  #writeHead(status: number, headers: Record<string, string>, chunked?: boolean): void {
    const isChunked = checkBoolean("chunked", chunked, true);
    this.#checkOpen();
    if (this.#hasHead)
      throw new SluiceError("ALREADY_ANSWERED", "The script has already sent the head of this answer.");
    this.#hasHead = true;
    this.#wire.writeHead(status, { ...this.#extraHeaders, ...headers }, isChunked);
  }

  #checkOpen(): void {
    if (this.isClosed) throw new SluiceError("CLOSED", `The connection of ${this.method} ${this.path} is closed.`);
  }
}

function checkStatus(status: number | undefined): number {
  return checkNumber("status", status, 200, { min: 200, max: 599, whole: true });
}

function textOfBytes(byteString: string): string {
  return new TextDecoder().decode(Uint8Array.from(byteString, (character) => character.charCodeAt(0)));
}
