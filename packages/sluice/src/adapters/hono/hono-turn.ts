import type { ServerResponse } from "node:http";
import type { Context } from "hono";
import type { HttpAnswer } from "../../stream/answer/http-answer.ts";
import type { Framework, SendBody } from "../../stream/opening/framework.ts";
import { withResponse } from "./hono-error.ts";

/** The functions that settle the promise of the handler. */
interface Settle {
  resolve(response: Response): void;
  reject(error: unknown): void;
}

/** The headers of node-server's shared RESPONSE_ALREADY_SENT. A copy of it, because middlewares may set headers. */
const ALREADY_SENT = { "x-hono-already-sent": "true" };

type WrittenHeaders = Readonly<Record<string, string | string[]>>;

/**
 * The turn of Hono on @hono/node-server. The handler returns a response without a body, to which the middlewares add
 * headers. When node-server writes it, the headers go to Node's response, and the stream begins there.
 */
export class HonoTurn implements Framework {
  readonly #c: Context;
  readonly #outgoing: ServerResponse;
  readonly #settle: Settle;
  #isUsed = false;

  constructor(c: Context, outgoing: ServerResponse, settle: Settle) {
    this.#c = c;
    this.#outgoing = outgoing;
    this.#settle = settle;
  }

  begin(headers: HttpAnswer["headers"], send: SendBody): void {
    this.#isUsed = true;
    this.#takeHead(headers, send);
    this.#settle.resolve(this.#c.newResponse(null, 200, { ...headers }));
  }

  refuse({ status, headers, text }: HttpAnswer): void {
    this.#isUsed = true;
    this.#settle.resolve(this.#c.newResponse(text === "" ? null : text, status as 200, { ...headers }));
  }

  fail(error: unknown, headers: HttpAnswer["headers"]): void {
    this.#isUsed = true;
    for (const [name, value] of Object.entries(headers)) this.#c.header(name, value);
    this.#settle.reject(withResponse(error));
  }

  /** Keeps node-server from answering, if Sluice needed no turn: other code has answered, or the client has left. */
  skip(): void {
    if (this.#isUsed) return;
    const restoreHead = shadow(this.#outgoing, "writeHead", () => {
      restoreHead();
      this.#takeEnd(() => undefined);
      return this.#outgoing;
    });
    this.#settle.resolve(new Response(null, { headers: ALREADY_SENT }));
  }

  /**
   * Collects the head that node-server writes, and calls `send` when node-server ends the response. `own`: the headers
   * of the stream.
   */
  #takeHead(own: HttpAnswer["headers"], send: SendBody): void {
    const outgoing = this.#outgoing;
    const restoreHead = shadow(outgoing, "writeHead", (status: number, headers: WrittenHeaders) => {
      restoreHead();
      const all = Object.entries(headers ?? {});
      // Other code answers, such as the handler of an error.
      if (status !== 200 || !all.some(([name, value]) => isEventStream(name, value)))
        return outgoing.writeHead(status, headers);
      for (const [name, value] of all) if (own[name] === undefined || name === "vary") outgoing.setHeader(name, value);
      this.#takeEnd(send);
      return outgoing;
    });
  }

  /** Calls `ended` in place of the next `end()` of the response. */
  #takeEnd(ended: () => void): void {
    const restoreEnd = shadow(this.#outgoing, "end", () => {
      restoreEnd();
      ended();
      return this.#outgoing;
    });
  }
}

function isEventStream(name: string, value: string | string[]): boolean {
  return name.toLowerCase() === "content-type" && String(value).startsWith("text/event-stream");
}

/** Replaces a method of a response. Returns a function that restores the method. */
function shadow<Name extends "writeHead" | "end">(
  object: ServerResponse,
  name: Name,
  replacement: unknown,
): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name);
  Object.defineProperty(object, name, { value: replacement, configurable: true, writable: true });
  return () => {
    if (own === undefined) Reflect.deleteProperty(object, name);
    else Object.defineProperty(object, name, own);
  };
}
