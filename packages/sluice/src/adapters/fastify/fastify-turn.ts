import type { FastifyReply } from "fastify";
import type { CloseReason } from "../../index.ts";
import type { HttpAnswer } from "../../stream/answer/http-answer.ts";
import type { Framework, SendBody } from "../../stream/opening/framework.ts";
import { mergeVary } from "../../stream/opening/response-head.ts";
import { FrameworkBody } from "../shared/framework-body.ts";

/**
 * The turn of Fastify. The answer goes through `reply.send()`, so that `onSend` hooks run, and errors go to the error
 * handler.
 */
export class FastifyTurn implements Framework {
  readonly #reply: FastifyReply;
  readonly #send: FastifyReply["send"];

  constructor(reply: FastifyReply) {
    this.#reply = reply;
    this.#send = reply.send.bind(reply);
    // If an async handler returns before an answer, Fastify sends `undefined`.
    reply.send = ((payload?: unknown) => (payload === undefined ? reply : this.#send(payload))) as typeof reply.send;
  }

  begin(headers: HttpAnswer["headers"], send: SendBody): void {
    const reply = this.#reply;
    const body = new FrameworkBody(reply.raw, (wrapped) => {
      this.release();
      // So that Fastify ignores the result of the handler.
      if (wrapped === undefined) reply.hijack();
      send(wrapped);
    });
    this.#setHeaders(headers);
    this.#send.call(reply.code(200), body);
  }

  refuse({ status, headers, text }: HttpAnswer): void {
    const reply = this.#reply;
    this.#setHeaders(headers);
    reply.code(status);
    if (status === 200 && text === "") this.#send(headOnly(reply.raw));
    // A serializer of the reply changes text, but not bytes.
    else this.#send(text === "" ? undefined : Buffer.from(text));
  }

  fail(error: unknown, headers: HttpAnswer["headers"]): void {
    this.release();
    this.#setHeaders(headers);
    this.#send(asError(error));
  }

  /** Restores `reply.send()`. */
  release(): void {
    // The method is inherited from the prototype.
    Reflect.deleteProperty(this.#reply, "send");
  }

  /** Resolves to the reason when Fastify has finished the reply, and makes Fastify ignore the result of the handler. */
  finished(reason: CloseReason): CloseReason | Promise<CloseReason> {
    const { raw, sent } = this.#reply;
    const finish = () => {
      this.release();
      this.#reply.hijack();
      return reason;
    };
    if (sent || raw.destroyed) return finish();
    return new Promise((resolve) => raw.once("close", () => resolve(finish())));
  }

  #setHeaders(headers: HttpAnswer["headers"]): void {
    const reply = this.#reply;
    for (const [name, value] of Object.entries(headers))
      reply.header(name, name === "vary" ? mergeVary(reply.getHeader(name), value) : value);
  }
}

/** Returns a body for the answer to HEAD. It only ends the response. */
function headOnly(response: { end(): unknown }): FrameworkBody {
  return new FrameworkBody(response, (wrapped) => {
    if (wrapped === undefined) response.end();
    else wrapped.push(null);
  });
}

/** Returns a thrown value as an `Error`, because Fastify answers only instances of `Error` as errors. */
function asError(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  const error = new Error(String((thrown as { message?: unknown } | null | undefined)?.message ?? thrown));
  return Object.assign(error, typeof thrown === "object" ? thrown : undefined, { cause: thrown });
}
