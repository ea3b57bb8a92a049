import type { Context } from "koa";
import type { HttpAnswer } from "../../stream/answer/http-answer.ts";
import type { Framework, SendBody } from "../../stream/opening/framework.ts";
import { mergeVary } from "../../stream/opening/response-head.ts";
import { FrameworkBody } from "../shared/framework-body.ts";

/** The functions that settle the promise for which the middlewares before the handler wait. */
interface Settle {
  resolve(): void;
  reject(error: unknown): void;
}

/** Codes of the errors that a client causes when it cuts its connection. */
const RESETS = ["ECONNRESET", "EPIPE", "ECONNABORTED", "ETIMEDOUT"];

/**
 * The turn of Koa. The stream is the body of the context while the middlewares continue after `next()`. When all have
 * returned, Koa reads `ctx.respond`, and the head leaves.
 */
export class KoaTurn implements Framework {
  readonly #ctx: Context;
  readonly #settle: Settle;
  /** The value that other code has set as `ctx.respond`. */
  #respond: boolean | undefined;
  #body: FrameworkBody | undefined;
  #hasAnswer = false;
  /** True if Koa was done with the request before the answer was known. */
  #isLate = false;

  constructor(ctx: Context, settle: Settle) {
    this.#ctx = ctx;
    this.#settle = settle;
    this.#respond = ctx.respond;
    Object.defineProperty(ctx, "respond", {
      configurable: true,
      get: () => this.#respondNow(),
      set: (respond?: boolean) => {
        this.#respond = respond;
      },
    });
  }

  begin(headers: HttpAnswer["headers"], send: SendBody): void {
    this.#hasAnswer = true;
    this.#ignoreResets();
    if (this.#isLate) return send();
    this.#setHead(200, headers);
    this.#body = new FrameworkBody(this.#ctx.res, send);
    this.#ctx.body = this.#body;
    this.#settle.resolve();
  }

  refuse({ status, headers, text }: HttpAnswer, write: () => void): void {
    this.#hasAnswer = true;
    if (this.#isLate) return write();
    this.#setHead(status, headers);
    // The answer to HEAD. Koa ends it, and adds no length because the body is a stream.
    if (status === 200 && text === "") this.#ctx.body = new FrameworkBody(this.#ctx.res, () => undefined);
    else this.#ctx.body = text === "" ? null : text;
    this.#settle.resolve();
  }

  fail(error: unknown, headers: HttpAnswer["headers"]): void {
    this.#hasAnswer = true;
    this.#setHeaders(headers);
    // After Koa is done, no code awaits the handler.
    if (this.#isLate) this.#ctx.onerror(error as Error);
    this.#settle.reject(error);
  }

  /** Returns the value of `ctx.respond`, which Koa reads when all middlewares have returned. */
  #respondNow(): boolean | undefined {
    if (!this.#hasAnswer) {
      this.#isLate = true;
      // [Koa] To bypass Koa's built-in response handling, you may explicitly set ctx.respond = false.
      return false;
    }
    const body = this.#body;
    if (body === undefined || this.#ctx.body !== body) return this.#respond;
    body.sendToResponse();
    return false;
  }

  /** Keeps Koa from printing an error each time that a client resets its connection. */
  #ignoreResets(): void {
    const ctx = this.#ctx;
    const { onerror } = ctx;
    ctx.onerror = (error: Error & { readonly code?: string }) => {
      if (!ctx.headerSent || !RESETS.includes(error?.code ?? "")) onerror.call(ctx, error);
    };
  }

  #setHead(status: number, headers: HttpAnswer["headers"]): void {
    this.#ctx.status = status;
    this.#setHeaders(headers);
  }

  #setHeaders(headers: HttpAnswer["headers"]): void {
    const ctx = this.#ctx;
    for (const [name, value] of Object.entries(headers))
      ctx.set(name, name === "vary" ? mergeVary(ctx.response.get(name), value) : value);
  }
}
