import type { IncomingMessage } from "node:http";
import type { Middleware } from "koa";
import type { Source, StreamOptions } from "../index.ts";
import { FRAMEWORK } from "../stream/opening/framework.ts";
import { KoaTurn } from "./koa/koa-turn.ts";
import { type AdapterOptions, checkAdapterOptions } from "./shared/adapter-options.ts";

export type { AdapterOptions as SluiceKoaOptions } from "./shared/adapter-options.ts";

declare module "koa" {
  interface DefaultContext {
    /**
     * Answers with an event stream; see `Sluice.stream`. Return its promise: `return ctx.sse(source)`. It resolves when
     * the source is open. The middlewares before it then continue, and may still set headers and cookies: the head
     * leaves when all have returned. The option `onClose` receives the reason for which the stream ended. Rejects with
     * an error of the source function, unless `throws` is `"none"`, and with `INVALID_OPTION`. Koa answers both like
     * any error.
     */
    sse(source: Source<IncomingMessage>, options?: StreamOptions): Promise<void>;
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
      const opened = new Promise<void>((resolve, reject) => {
        const turn = new KoaTurn(ctx, { resolve, reject });
        const options = { ...stream, [FRAMEWORK]: turn };
        sluice.stream(ctx.req, ctx.res, source, options).then(
          () => resolve(),
          (error) => turn.fail(error, {}),
        );
      });
      // A handler may ignore the promise. Its rejection must not end the process.
      opened.catch(() => undefined);
      return opened;
    };
    return next();
  };
}
