import type { ServerResponse } from "node:http";
import type { Context } from "hono";
import type { HttpAnswer } from "../stream/answer/http-answer.ts";
import type { Framework, SendBody } from "../stream/opening/framework.ts";
import { withResponse } from "./hono-error.ts";

/** Settles the promise of the handler. */
interface Settle {
  resolve(response: Response): void;
  reject(error: unknown): void;
}

/** The headers of node-server's RESPONSE_ALREADY_SENT, which is shared. Middlewares may set headers on a copy. */
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
    const giveBackHead = shadow(this.#outgoing, "writeHead", () => {
      giveBackHead();
      this.#takeEnd(() => undefined);
      return this.#outgoing;
    });
    this.#settle.resolve(new Response(null, { headers: ALREADY_SENT }));
  }

  /** Takes the head of the response from node-server. Sends the stream when node-server ends the response. */
  #takeHead(own: HttpAnswer["headers"], send: SendBody): void {
    const outgoing = this.#outgoing;
    const giveBackHead = shadow(outgoing, "writeHead", (status: number, headers: WrittenHeaders) => {
      giveBackHead();
      const all = Object.entries(headers ?? {});
      // Something else answers, such as the handler of an error.
      if (status !== 200 || !all.some(([name, value]) => isEventStream(name, value)))
        return outgoing.writeHead(status, headers);
      for (const [name, value] of all) if (own[name] === undefined || name === "vary") outgoing.setHeader(name, value);
      this.#takeEnd(send);
      return outgoing;
    });
  }

  #takeEnd(ended: () => void): void {
    const giveBackEnd = shadow(this.#outgoing, "end", () => {
      giveBackEnd();
      ended();
      return this.#outgoing;
    });
  }
}

function isEventStream(name: string, value: string | string[]): boolean {
  return name.toLowerCase() === "content-type" && String(value).startsWith("text/event-stream");
}

/** Replaces a method of an object. Returns a function that gives the method back. */
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
