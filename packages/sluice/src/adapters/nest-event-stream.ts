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
import { type PlatformReply, type PlatformRequest, rawOf } from "./nest-platform.ts";

type MethodSource = Source<IncomingMessage> | null;

/** Options of a stream, or what makes them of the platform's request: whose stream it is, when their credential expires. */
// biome-ignore lint/suspicious/noExplicitAny: the request has the type of the platform, with what guards have put on it
export type EventStreamOptions = StreamOptions | ((request: any) => StreamOptions);

/**
 * Makes a controller's method answer with an event stream of the source that it returns (see `Sluice.stream`), or with 204 where it
 * returns `null`. Guards, pipes and exception filters work as ever; `@Header()` and headers set on `@Res()` are kept. Interceptors of the
 * controller and the application see the method as done once the stream is open, with no value; how it ends is told to `onClose`.
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
      const streamOptions = typeof options === "function" ? options(request) : options;
      const [req, res] = rawOf(request, reply);
      const closed = this.#sluice.stream(req, res, source === null ? () => null : source, streamOptions);
      // What is misused rejects at once, before anything is answered. The end of the stream is not waited for.
      await Promise.race([closed, undefined]);
      reply.hijack?.();
    }
  }
  Inject(Sluice)(EventStreamInterceptor, undefined, 0);
  const decorate = UseInterceptors(mixin(EventStreamInterceptor));
  return (target, name, descriptor) => {
    // Nest leaves the response alone where a parameter asks for it: here one that the method does not have.
    Res()(target, name, -1);
    // With `passthrough`, which also lets a method set headers, it would not.
    metadata.defineMetadata("__responsePassthrough__", false, target.constructor, name);
    decorate(target, name, descriptor);
  };
}

/** `reflect-metadata`, which Nest loads. */
const metadata = Reflect as unknown as {
  defineMetadata(key: string, value: unknown, owner: object, name: PropertyKey): void;
};
