import type { IncomingMessage } from "node:http";
import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  mixin,
  type NestInterceptor,
  Res,
  UseInterceptors,
} from "@nestjs/common";
import { mergeMap, type Observable, take } from "rxjs";
import { Sluice, type Source, type StreamOptions } from "../index.ts";
import { discard } from "../stream/source/discard.ts";
import { type PlatformReply, type PlatformRequest, rawOf } from "./nest-platform.ts";

type MethodSource = Source<IncomingMessage> | null;

/**
 * Options of a stream, or a function that returns them, or a promise for them, for the platform's request: for options
 * such as `subscriber` and `expiresAt`, which depend on the authenticated user.
 */
// biome-ignore lint/suspicious/noExplicitAny: the type of the request depends on the platform and the guards
export type EventStreamOptions = StreamOptions | ((request: any) => StreamOptions | Promise<StreamOptions>);

/**
 * Makes a controller's method answer with an event stream of the source that it returns (see `Sluice.stream`), or with
 * 204 if it returns `null`. Guards, pipes and exception filters work as usual. The answer keeps the headers of
 * `@Header()` and those set on `@Res()`. For interceptors of the controller and the application, the method returns
 * `undefined` when the stream is open. The option `onClose` receives the reason for which the stream ended.
 *
 * ```ts
 * @Get("orders")
 * @EventStream((request) => ({ subscriber: { user: request.user.id } }))
 * orders() {
 *   return this.channel.subscribe();
 * }
 * ```
 */
export function EventStream(options: EventStreamOptions = {}): MethodDecorator {
  class EventStreamInterceptor implements NestInterceptor {
    readonly #sluice: Sluice;

    constructor(sluice: Sluice) {
      this.#sluice = sluice;
    }

    intercept(context: ExecutionContext, next: CallHandler): Observable<void> {
      const http = context.switchToHttp();
      return next.handle().pipe(
        take(1),
        mergeMap((source) => this.#open(http.getRequest(), http.getResponse(), source)),
      );
    }

    async #open(request: PlatformRequest, reply: PlatformReply, source: MethodSource): Promise<void> {
      const streamOptions = await optionsFor(request, source);
      const [req, res] = rawOf(request, reply);
      const closed = this.#sluice.stream(req, res, source === null ? () => null : source, streamOptions);
      // Reject if an option is wrong, which is known at once. Do not wait for the end of the stream.
      await Promise.race([closed, undefined]);
      reply.hijack?.();
    }
  }
  /** If the function fails, the filters of the application answer, and nothing reads the source. */
  async function optionsFor(request: PlatformRequest, source: MethodSource): Promise<StreamOptions> {
    try {
      return typeof options === "function" ? await options(request) : options;
    } catch (error) {
      discard(source, () => undefined);
      throw error;
    }
  }

  Inject(Sluice)(EventStreamInterceptor, undefined, 0);
  const decorate = UseInterceptors(mixin(EventStreamInterceptor));
  return (target, name, descriptor) => {
    // Nest does not touch the response if a parameter has `@Res()`. Index -1 is a parameter that the method does not
    // have.
    Res()(target, name, -1);
    // A method that sets headers uses `@Res({ passthrough: true })`, with which Nest would answer. So unset
    // `passthrough`.
    metadata.defineMetadata("__responsePassthrough__", false, target.constructor, name);
    decorate(target, name, descriptor);
  };
}

/** The functions that `reflect-metadata` adds to `Reflect`. Nest loads that package. */
const metadata = Reflect as unknown as {
  defineMetadata(key: string, value: unknown, owner: object, name: PropertyKey): void;
};
