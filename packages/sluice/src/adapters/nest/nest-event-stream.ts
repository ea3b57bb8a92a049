import type { IncomingMessage } from "node:http";
import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  mixin,
  type NestInterceptor,
  UseInterceptors,
} from "@nestjs/common";
import { isObservable, mergeMap, type Observable, take } from "rxjs";
import { Sluice, SluiceError, type Source, type StreamOptions } from "../../index.ts";
import { FRAMEWORK } from "../../stream/opening/framework.ts";
import { discard } from "../../stream/source/discard.ts";
import { type PlatformReply, type PlatformRequest, rawOf } from "./nest-platform.ts";
import { NestTurn } from "./nest-turn.ts";

type MethodSource = Source<IncomingMessage> | null;

/**
 * Options of a stream, or a function that returns them or a promise for them. The function receives the platform's
 * request. Use it for options that depend on the authenticated user, such as `subscriber` and `expiresAt`.
 */
// biome-ignore lint/suspicious/noExplicitAny: the type of the request depends on the platform and the guards
export type EventStreamOptions = StreamOptions | ((request: any) => StreamOptions | Promise<StreamOptions>);

/**
 * Makes a controller's method answer with an event stream of the source that it returns (see `Sluice.stream`), or with
 * 204 if it returns `null`. Guards, pipes and exception filters work as usual. An error of a source function goes to
 * the exception filters, unless `throws` is `"none"`.
 *
 * For interceptors of the controller and the application, the method returns `undefined` when the source is open. They
 * may still set headers. The head leaves after the last interceptor, with the headers of `@Header()` and of `@Res()`.
 * The option `onClose` receives the reason for which the stream ended.
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
      await new Promise<void>((resolve, reject) => {
        const turn = new NestTurn(reply, { resolve, reject });
        const options = { ...streamOptions, [FRAMEWORK]: turn };
        const closed = this.#sluice.stream(req, res, source === null ? () => null : source, options);
        closed.then(() => turn.skip(), reject);
      });
    }
  }
  /** Returns the options for a request. If their function fails, releases the source: no stream will read it. */
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
    refuseObservables(descriptor);
    // So that Nest answers, which begins the stream (`NestTurn`), even if a parameter has `@Res()` without
    // `passthrough`.
    metadata.defineMetadata("__responsePassthrough__", true, target.constructor, name);
    decorate(target, name, descriptor);
  };
}

/**
 * Makes the method throw if it returns an Observable. Nest would subscribe to it, and interceptors see its values only.
 */
function refuseObservables(descriptor: PropertyDescriptor): void {
  const method: (...args: unknown[]) => unknown = descriptor.value;
  const checked = function (this: unknown, ...args: unknown[]): unknown {
    const result = method.apply(this, args);
    return result instanceof Promise ? result.then(refuseObservable) : refuseObservable(result);
  };
  Object.defineProperty(checked, "name", { value: method.name });
  // Other decorators keep their settings on the method itself.
  for (const key of metadata.getOwnMetadataKeys(method))
    metadata.defineMetadata(key, metadata.getOwnMetadata(key, method), checked);
  descriptor.value = checked;
}

/** Returns the value. Throws `INVALID_OPTION` if it is an Observable of RxJS. */
function refuseObservable(value: unknown): unknown {
  if (!isObservable(value)) return value;
  throw new SluiceError(
    "INVALID_OPTION",
    "A method with @EventStream() must not return an Observable. Return an async iterable, a subscription, a " +
      "function or null: convert the Observable to an async iterable, for example with the package rxjs-for-await.",
  );
}

/** The functions that the package `reflect-metadata`, which Nest loads, adds to `Reflect`. */
const metadata = Reflect as unknown as {
  getOwnMetadataKeys(owner: object): unknown[];
  getOwnMetadata(key: unknown, owner: object): unknown;
  defineMetadata(key: unknown, value: unknown, owner: object, name?: PropertyKey): void;
};
