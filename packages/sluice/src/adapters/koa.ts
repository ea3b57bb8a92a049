import type { IncomingMessage } from "node:http";
import type { Middleware } from "koa";
import type { CloseReason, Source, StreamOptions } from "../index.ts";
import { type AdapterOptions, checkAdapterOptions } from "./adapter-options.ts";

export type { AdapterOptions as SluiceKoaOptions } from "./adapter-options.ts";

declare module "koa" {
  interface DefaultContext {
    /**
     * Answers with an event stream; see `Sluice.stream`. Return its promise: `return ctx.sse(source)`. It resolves to
     * the reason for which the stream ended. The answer keeps the headers that `ctx.set()` set. Rejects only with
     * `INVALID_OPTION`, which Koa answers like any error.
     */
    sse(source: Source<IncomingMessage>, options?: StreamOptions): Promise<CloseReason>;
  }
}

/**
 * A Koa middleware that adds `ctx.sse(source, options)`. Koa does not announce its shutdown: call `sluice.drain()`
 * before you close the server.
 *
 * ```ts
 * app.use(sluiceKoa({ sluice }));
 * app.use((ctx) => ctx.sse(orders.subscribe()));
 * ```
 * Throws `INVALID_OPTION`.
 */
export function sluiceKoa(options: AdapterOptions): Middleware {
  checkAdapterOptions("sluiceKoa", options, ["sluice"]);
  const { sluice } = options;
  return (ctx, next) => {
    ctx.sse = (source, stream) => {
      // [Koa] To bypass Koa's built-in response handling, you may explicitly set ctx.respond = false.
      ctx.respond = false;
      return sluice.stream(ctx.req, ctx.res, source, stream);
    };
    return next();
  };
}
