import type { HttpAnswer } from "../../stream/answer/http-answer.ts";
import { httpError } from "../../stream/answer/http-error.ts";
import type { Framework, SendBody } from "../../stream/opening/framework.ts";
import { FastifyTurn } from "../fastify/fastify-turn.ts";
import type { PlatformReply } from "./nest-platform.ts";

/** The functions that settle the promise for which the interceptors wait. */
interface Settle {
  resolve(): void;
  reject(error: unknown): void;
}

/** The methods by which Nest answers after the interceptors. */
const ANSWERING = ["send", "json"] as const;

/**
 * The turn of Nest. The interceptors see the method finish while the response is still open. After the last
 * interceptor, Nest answers with their result. This turn replaces that answer by the stream. On Fastify, the turn of
 * Fastify follows.
 */
export class NestTurn implements Framework {
  readonly #reply: PlatformReply;
  readonly #settle: Settle;
  #isUsed = false;

  constructor(reply: PlatformReply, settle: Settle) {
    this.#reply = reply;
    this.#settle = settle;
  }

  begin(headers: HttpAnswer["headers"], send: SendBody): void {
    this.#afterInterceptors((fastify) => (fastify === undefined ? send() : fastify.begin(headers, send)));
  }

  refuse(answer: HttpAnswer, write: () => void): void {
    this.#afterInterceptors((fastify) => (fastify === undefined ? write() : fastify.refuse(answer)));
  }

  /** Keeps Nest from answering, if Sluice needed no turn: other code has answered, or the client has left. */
  skip(): void {
    if (!this.#isUsed) this.#afterInterceptors(() => undefined);
  }

  fail(error: unknown, headers: HttpAnswer["headers"]): void {
    this.#isUsed = true;
    for (const [name, value] of Object.entries(headers)) this.#reply.header(name, value);
    this.#settle.reject(withStatusCode(error));
  }

  #afterInterceptors(answer: (fastify: FastifyTurn | undefined) => void): void {
    const reply = this.#reply;
    this.#isUsed = true;
    for (const name of ANSWERING) {
      const method = reply[name];
      if (method === undefined) continue;
      reply[name] = (...args) => {
        for (const taken of ANSWERING) Reflect.deleteProperty(reply, taken);
        // An interceptor has failed, and an exception filter answers.
        if (reply.statusCode >= 400) return method.apply(reply, args);
        answer(reply.raw === undefined ? undefined : new FastifyTurn(reply as never));
        return undefined;
      };
    }
    this.#settle.resolve();
  }
}

/**
 * Copies the `status` of an error to `statusCode`, because Nest reads that of errors that are no `HttpException`. Sets
 * `expose` to false for a 5xx, so that the client does not receive its message. Returns the error.
 */
function withStatusCode(error: unknown): unknown {
  if (typeof error !== "object" || error === null) return error;
  const { status, statusCode, expose, getStatus } = error as Record<string, unknown>;
  if (
    getStatus !== undefined ||
    statusCode !== undefined ||
    !Object.isExtensible(error) ||
    httpError(error).status !== status
  )
    return error;
  Object.defineProperty(error, "statusCode", { value: status, configurable: true });
  if (status >= 500 && expose === undefined)
    Object.defineProperty(error, "expose", { value: false, configurable: true });
  return error;
}
