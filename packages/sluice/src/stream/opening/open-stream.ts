import { SluiceError } from "../../base/sluice-error.ts";
import { isAbortError } from "../../base/thrown.ts";
import type { CloseReason } from "../close-reason.ts";
import { endInOrder } from "../end-in-order.ts";
import type { EventStream } from "../event-stream.ts";
import type { Feed } from "../feed.ts";
import { notifyClosed } from "../notify-closed.ts";
import { PendingStream } from "../pending-stream.ts";
import { discard } from "../source/discard.ts";
import { openSource } from "../source/open-source.ts";
import type { Source } from "../source/source.ts";
import { StreamContext } from "../source/stream-context.ts";
import type { StreamHub } from "../stream-hub.ts";
import { type Admission, admit } from "./admission.ts";
import { refusedMethod } from "./allowed-methods.ts";
import { headersOf, type StreamParts, sendHead, startStream } from "./begin-stream.ts";
import type { Exchange } from "./exchange.ts";
import { type HttpAnswer, lowerCased, NO_STORE } from "./http-answer.ts";
import { httpError, isOwnRefusal, refusalError } from "./http-error.ts";
import { refusalStream } from "./refusal-stream.ts";
import { renderRefusal } from "./render-refusal.ts";
import { requestedPosition } from "./requested-position.ts";
import { withHeaders } from "./response-head.ts";
import { RETRY_LATER } from "./retry-later.ts";
import type { StreamOptions } from "./stream-options.ts";

const NOTHING_LEFT: HttpAnswer = { status: 204, headers: NO_STORE, text: "" };

/**
 * Answers a request with an event stream, from admission to end. Resolves to the reason of its end. Rejects only if the
 * option `throws` asks for it.
 *
 * It is not an async function, whose frame would be kept as long as the stream. If the source is at hand, nothing
 * awaits before the head.
 */
export function openStream(
  hub: StreamHub,
  exchange: Exchange,
  source: Source,
  options: StreamOptions,
): Promise<CloseReason> {
  hub.endInOrder ??= endInOrder;
  return new Promise((resolve, reject) => new Opening(hub, exchange, options, { resolve, reject }).open(source));
}

/** Settles the promise of the caller. */
interface Settle {
  readonly resolve: (reason: CloseReason) => void;
  readonly reject: (error: unknown) => void;
}

/** The reasons for which a request gets no stream. */
type NoStream = "client" | "refused" | "disconnected";

/** A request between admission and head. It owns the context and the feed until the stream does. */
class Opening extends PendingStream {
  readonly #hub: StreamHub;
  readonly #exchange: Exchange;
  readonly #options: StreamOptions;
  readonly #settle: Settle;
  readonly #context: StreamContext;
  /** When its credential expires on the clock of `performance.now()`, as the clocks stood when the request arrived. */
  readonly #expiry: number;
  /** The key under which the request counts against `maxConnectionsPerKey`. */
  #key: string | undefined;
  /** True once the framework has been given the head. */
  #isFinishing = false;
  /** The feed, while the framework finishes the response. */
  #waiting: Feed | undefined;
  /** True once the stream is open, or the request has another answer. */
  #settled = false;

  constructor(hub: StreamHub, exchange: Exchange, options: StreamOptions, settle: Settle) {
    super(hub, options.subscriber);
    this.#hub = hub;
    this.#exchange = exchange;
    this.#options = options;
    this.#settle = settle;
    this.#context = new StreamContext(requestedPosition(exchange, options.lastEventId), exchange.request);
    if (options.onClose ?? options.onRefuse ?? hub.settings.onRefuse) this.#context.keepCaller();
    this.#expiry = performance.now() + Number(options.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now();
  }

  get remoteAddress(): string | undefined {
    return this.#exchange.remoteAddress;
  }

  open(source: Source): void {
    const hub = this.#hub;
    const exchange = this.#exchange;
    // The stream keeps this function, so it must not keep the opening.
    const onError = (error: unknown) => hub.report(error, { stage: "source" });
    if (!this.#admit()) return discard(source, onError);
    if (exchange.gone) {
      discard(source, onError);
      return this.#leave("client");
    }
    if (exchange.method === "HEAD" && typeof source === "function") return this.#refuse(this.#headAlone());
    const { event } = this.#options;
    try {
      const opened = openSource(source, this.#context, { event, pieceLimit: hub.pieceLimit, onError }, this);
      if (opened instanceof Promise) this.#await(opened);
      else this.#go(opened);
    } catch (error) {
      this.#fail(error, "source");
    }
  }

  close(reason: "disconnected" | "drained"): void {
    if (reason === "drained") this.#refuse(RETRY_LATER.draining());
    else this.#refuse(RETRY_LATER.broken(), reason);
  }

  /** Takes a place for the stream. Returns false if the request gets none: it is then answered. */
  #admit(): boolean {
    const exchange = this.#exchange;
    if (exchange.answered === true) {
      this.#reportAnswered();
      this.#notifyClosed("refused");
      return false;
    }
    const refusal = refusedMethod(exchange.method, this.#options.methods);
    const admission: Admission = refusal ? { ok: false, answer: refusal } : admit(this.#hub, exchange);
    if (admission.ok) {
      this.#key = admission.key;
      return true;
    }
    this.#refuse(admission.answer);
    return false;
  }

  #await(opened: Promise<Feed | null>): void {
    this.#watch();
    opened.then((feed) => this.#go(feed)).catch((error) => this.#fail(error, "source"));
  }

  /** Counts the request as opening, and handles that its response closes meanwhile. */
  #watch(): void {
    this.#hub.opening.add(this);
    this.#exchange.onGone = () => this.#closed();
    // The source function may have cut the connection, before there was a listener.
    if (this.#exchange.gone) this.#closed();
  }

  #go(feed: Feed | null): void {
    const exchange = this.#exchange;
    // The context was aborted when the request was settled.
    if (this.#settled) return feed?.stop();
    if (feed === null) return this.#refuse(NOTHING_LEFT);
    if (exchange.answered === true || exchange.gone) {
      this.#stop(feed, exchange.answered === true ? "refused" : "client");
      return this.#closed();
    }
    if (exchange.method === "HEAD") {
      this.#stop(feed, "refused");
      return this.#refuse(this.#headAlone());
    }
    // Admitted before the drain began. A stream would have to end at once.
    if (this.#hub.refusing) {
      this.#stop(feed, "drained");
      return this.close("drained");
    }
    if (!this.#finishResponse(feed)) this.#begin(feed);
  }

  /** Lets the framework finish its response, then continues with the feed. Returns false if there is nothing to do. */
  #finishResponse(feed: Feed): boolean {
    const exchange = this.#exchange;
    if (exchange.finish === undefined || this.#isFinishing) return false;
    this.#isFinishing = true;
    this.#waiting = feed;
    this.#watch();
    try {
      exchange.finish(headersOf(this.#parts()), () => {
        this.#waiting = undefined;
        this.#go(feed);
      });
    } catch (error) {
      this.#fail(error, "head");
    }
    return true;
  }

  /** Handles that the response has closed, or was answered by other code. */
  #closed(): void {
    if (this.#settled) return;
    if (this.#exchange.answered !== true)
      return this.#leave(this.#exchange.cutHere === true ? "disconnected" : "client");
    this.#reportAnswered();
    this.#leave("refused");
  }

  #begin(feed: Feed): void {
    const parts = this.#parts();
    let stream: EventStream;
    try {
      stream = sendHead(parts, feed);
    } catch (error) {
      this.#stop(feed, "error");
      return this.#fail(error, "head");
    }
    this.#settled = true;
    this.#hub.opening.delete(this);
    this.#exchange.onGone = undefined;
    startStream(parts, stream, feed);
  }

  #parts(): StreamParts {
    const { number, beganAt } = this;
    const { resolve } = this.#settle;
    return {
      hub: this.#hub,
      exchange: this.#exchange,
      options: this.#options,
      context: this.#context,
      number,
      beganAt,
      key: this.#key,
      expiry: this.#expiry,
      resolve,
    };
  }

  #headAlone(): HttpAnswer {
    return { status: 200, headers: headersOf(this.#parts()), text: "" };
  }

  #fail(error: unknown, stage: string): void {
    if (this.#settled) {
      // The request has its answer. An abort is expected then.
      if (!isAbortError(error)) this.#hub.report(error, { stage });
      return;
    }
    const answer = httpError(error);
    const isAnswered = this.#streamFor(answer) !== undefined;
    if (stage === "source" && !isAnswered && this.#isHandled(isOwnRefusal(error))) return this.#passOn(error);
    // A 4xx from the source is an answer, not a failure.
    if (answer.status >= 500) this.#hub.report(error, { stage });
    this.#refuse(answer);
  }

  /** Returns true if the application handles a failure, by the option `throws`. */
  #isHandled(isRefusal: boolean): boolean {
    const exchange = this.#exchange;
    const { throws = this.#hub.settings.throws } = this.#options;
    const scope = throws ?? (exchange.handlesErrors === true ? "errors" : "none");
    if (scope === "none" || (isRefusal && scope !== "all")) return false;
    // Then somebody answers already, or nobody reads the answer.
    return !this.#isFinishing && exchange.answered !== true && !exchange.gone;
  }

  /** Leaves an error to the application, and the answer with it. */
  #passOn(error: unknown): void {
    const { throws = this.#hub.settings.throws, headers } = this.#options;
    this.#exchange.onGone = undefined;
    try {
      const fail = () => this.#exchange.fail?.(error, lowerCased(headers), throws !== undefined);
      const isPassedOn = this.#context.run(fail);
      // Before `#leave` resolves the promise.
      if (isPassedOn !== true) this.#settle.reject(error);
    } catch (failure) {
      this.#hub.report(failure, { stage: "head" });
    }
    this.#leave("refused");
  }

  #refuse(answer: HttpAnswer, reason: "refused" | "disconnected" = "refused"): void {
    if (this.#settled) return;
    const stream = this.#streamFor(answer);
    if (stream === undefined && answer.code !== undefined && this.#isHandled(true))
      return this.#passOn(refusalError(answer));
    this.#exchange.onGone = undefined;
    this.#context.run(() => this.#answer(stream ?? answer));
    this.#leave(reason);
  }

  #streamFor(answer: HttpAnswer): HttpAnswer | undefined {
    return refusalStream(this.#hub, this.#exchange, this.#options, answer);
  }

  #answer(answer: HttpAnswer): void {
    try {
      // The head of a stream has the headers of the options, and is no refusal for `onRefuse`.
      if (answer.status === 200) return this.#exchange.refuse(answer);
      const { headers, onRefuse = this.#hub.settings.onRefuse } = this.#options;
      const { request } = this.#exchange;
      const failed = (error: unknown) => this.#hub.report(error, { stage: "on-refuse" });
      this.#exchange.refuse(renderRefusal(withHeaders(answer, headers), request, onRefuse, failed));
    } catch (error) {
      this.#hub.report(error, { stage: "head" });
    }
  }

  #reportAnswered(): void {
    const message =
      "Other code had answered the request when its event stream was to begin. Call stream() before any other code " +
      "answers; look for a time-out.";
    this.#hub.report(new SluiceError("ALREADY_ANSWERED", message), { stage: "head" });
  }

  /** Stops a feed that gets no stream. Aborts first, as `Feed.stop` demands. */
  #stop(feed: Feed, reason: CloseReason): void {
    this.#context.abort(reason);
    feed.stop();
  }

  #leave(reason: NoStream): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#exchange.onGone = undefined;
    this.#hub.opening.delete(this);
    this.#hub.leave(this.#key);
    this.#context.run(() => {
      this.#context.abort(reason);
      this.#waiting?.stop();
      this.#waiting = undefined;
      this.#notifyClosed(reason);
    });
  }

  #notifyClosed(reason: NoStream): void {
    if (reason !== "client") this.#hub.countRefused(reason);
    notifyClosed(
      { onClose: this.#options.onClose, resolve: this.#settle.resolve },
      reason,
      undefined,
      this.#hub.report,
    );
  }
}
