import { SluiceError } from "../../base/errors/sluice-error.ts";
import { isAbortError } from "../../base/errors/thrown.ts";
import { type HttpAnswer, lowerCased } from "../answer/http-answer.ts";
import { httpError, isOwnRefusal, refusalError } from "../answer/http-error.ts";
import { renderRefusal } from "../answer/render-refusal.ts";
import type { CloseReason } from "../close-reason.ts";
import { notifyClosed } from "../ending/notify-closed.ts";
import type { Feed } from "../feed.ts";
import type { PendingStream } from "../pending-stream.ts";
import type { StreamContext } from "../source/stream-context.ts";
import type { StreamHub } from "../stream-hub.ts";
import type { Exchange } from "./exchange.ts";
import { refusalStream } from "./refusal-stream.ts";
import { withHeaders } from "./response-head.ts";
import type { StreamOptions } from "./stream-options.ts";

/** A request before its head, and the promise of the caller. */
export interface StreamRequest {
  readonly hub: StreamHub;
  readonly exchange: Exchange;
  readonly options: StreamOptions;
  readonly context: StreamContext;
  /** The request, as the hub counts it while it opens. */
  readonly pending: PendingStream;
  readonly resolve: (reason: CloseReason) => void;
  readonly reject: (error: unknown) => void;
}

/** The reasons for which a request gets no stream. */
type NoStream = "client" | "refused" | "disconnected";

/** Settles a request once: with a stream, with another answer, or because its client has left. */
export class Settlement {
  /** The key under which the request counts against `maxConnectionsPerKey`. */
  key: string | undefined;
  readonly #request: StreamRequest;
  #isFinishing = false;
  /** The feed, while the framework finishes the response. */
  #waiting: Feed | undefined;
  #isSettled = false;

  constructor(request: StreamRequest) {
    this.#request = request;
  }

  /** True once the stream is open, or the request has another answer. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** True once the framework has been given the head. */
  get isFinishing(): boolean {
    return this.#isFinishing;
  }

  /** Keeps a feed while the framework finishes the response, to stop it if the request gets no stream. */
  finishing(feed: Feed): void {
    this.#isFinishing = true;
    this.#waiting = feed;
  }

  /** The framework has finished the response: the caller owns the feed again. */
  finished(): void {
    this.#waiting = undefined;
  }

  /** Settles the request with its stream, whose head was sent. */
  opened(): void {
    const { hub, exchange, pending } = this.#request;
    this.#isSettled = true;
    hub.opening.delete(pending);
    exchange.onGone = undefined;
  }

  /** Handles that other code had answered the request before it was admitted. */
  answeredBefore(): void {
    this.#reportAnswered();
    this.#notifyClosed("refused");
  }

  /** Handles that the response has closed, or was answered by other code. */
  closed(): void {
    if (this.#isSettled) return;
    const { exchange } = this.#request;
    if (exchange.answered !== true) return this.leave(exchange.cutHere === true ? "disconnected" : "client");
    this.#reportAnswered();
    this.leave("refused");
  }

  /** Answers the request with an error, unless the application handles it. */
  fail(error: unknown, stage: string): void {
    const { hub } = this.#request;
    if (this.#isSettled) {
      // The request has its answer. An abort is expected then.
      if (!isAbortError(error)) hub.report(error, { stage });
      return;
    }
    const answer = httpError(error);
    const isAnswered = this.#streamFor(answer) !== undefined;
    if (stage === "source" && !isAnswered && this.#isHandled(isOwnRefusal(error))) return this.#passOn(error);
    // A 4xx from the source is an answer, not a failure.
    if (answer.status >= 500) hub.report(error, { stage });
    this.refuse(answer);
  }

  /** Answers the request, unless the application handles the refusal. Does nothing if the request is settled. */
  refuse(answer: HttpAnswer, reason: "refused" | "disconnected" = "refused"): void {
    if (this.#isSettled) return;
    const stream = this.#streamFor(answer);
    if (stream === undefined && answer.code !== undefined && this.#isHandled(true))
      return this.#passOn(refusalError(answer));
    const { exchange, context } = this.#request;
    exchange.onGone = undefined;
    context.run(() => this.#answer(stream ?? answer));
    this.leave(reason);
  }

  /** Settles the request without an answer. Does nothing if the request is settled. */
  leave(reason: NoStream): void {
    if (this.#isSettled) return;
    const { hub, exchange, context, pending } = this.#request;
    this.#isSettled = true;
    exchange.onGone = undefined;
    hub.opening.delete(pending);
    hub.leave(this.key);
    context.run(() => {
      context.abort(reason);
      this.#waiting?.stop();
      this.#waiting = undefined;
      this.#notifyClosed(reason);
    });
  }

  /** Returns true if the application handles a failure, by the option `throws`. */
  #isHandled(isRefusal: boolean): boolean {
    const { hub, exchange, options } = this.#request;
    const { throws = hub.settings.throws } = options;
    const scope = throws ?? (exchange.handlesErrors === true ? "errors" : "none");
    if (scope === "none" || (isRefusal && scope !== "all")) return false;
    // Then somebody answers already, or nobody reads the answer.
    return !this.#isFinishing && exchange.answered !== true && !exchange.gone;
  }

  /** Leaves an error to the application, and the answer with it. */
  #passOn(error: unknown): void {
    const { hub, exchange, options, context, reject } = this.#request;
    const { throws = hub.settings.throws, headers } = options;
    exchange.onGone = undefined;
    try {
      const fail = () => exchange.fail?.(error, lowerCased(headers), throws !== undefined);
      const isPassedOn = context.run(fail);
      // Before `leave` resolves the promise.
      if (isPassedOn !== true) reject(error);
    } catch (failure) {
      hub.report(failure, { stage: "head" });
    }
    this.leave("refused");
  }

  #streamFor(answer: HttpAnswer): HttpAnswer | undefined {
    const { hub, exchange, options } = this.#request;
    return refusalStream(hub, exchange, options, answer);
  }

  #answer(answer: HttpAnswer): void {
    const { hub, exchange, options } = this.#request;
    try {
      // The head of a stream has the headers of the options, and is no refusal for `onRefuse`.
      if (answer.status === 200) return exchange.refuse(answer);
      const { headers, onRefuse = hub.settings.onRefuse } = options;
      const failed = (error: unknown) => hub.report(error, { stage: "on-refuse" });
      exchange.refuse(renderRefusal(withHeaders(answer, headers), exchange.request, onRefuse, failed));
    } catch (error) {
      hub.report(error, { stage: "head" });
    }
  }

  #reportAnswered(): void {
    const message =
      "Other code had answered the request when its event stream was to begin. Call stream() before any other code " +
      "answers; look for a time-out.";
    this.#request.hub.report(new SluiceError("ALREADY_ANSWERED", message), { stage: "head" });
  }

  #notifyClosed(reason: NoStream): void {
    const { hub, options, resolve } = this.#request;
    if (reason !== "client") hub.countRefused(reason);
    notifyClosed({ onClose: options.onClose, resolve }, reason, undefined, hub.report);
  }
}
