import { refusedMethod } from "../answer/allowed-methods.ts";
import { type HttpAnswer, NO_STORE } from "../answer/http-answer.ts";
import { RETRY_LATER } from "../answer/retry-later.ts";
import type { CloseReason } from "../close-reason.ts";
import { endInOrder } from "../ending/end-in-order.ts";
import type { EventStream } from "../event-stream.ts";
import type { Feed } from "../feed.ts";
import { PendingStream } from "../pending-stream.ts";
import { discard } from "../source/discard.ts";
import { openSource } from "../source/open-source.ts";
import type { Source } from "../source/source.ts";
import { StreamContext } from "../source/stream-context.ts";
import type { StreamHub } from "../stream-hub.ts";
import { type Admission, admit } from "./admission.ts";
import { headersOf, type StreamParts, sendHead, startStream } from "./begin-stream.ts";
import type { Exchange } from "./exchange.ts";
import { requestedPosition } from "./requested-position.ts";
import { Settlement, type StreamRequest } from "./settlement.ts";
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

/** A request between admission and head. It owns the context and the feed until the stream does. */
class Opening extends PendingStream {
  readonly #request: StreamRequest;
  readonly #settlement: Settlement;
  /** When its credential expires on the clock of `performance.now()`, as the clocks stood when the request arrived. */
  readonly #expiry: number;

  constructor(
    hub: StreamHub,
    exchange: Exchange,
    options: StreamOptions,
    { resolve, reject }: Pick<StreamRequest, "resolve" | "reject">,
  ) {
    super(hub, options.subscriber);
    const context = new StreamContext(requestedPosition(exchange, options.lastEventId), exchange.request);
    this.#request = { hub, exchange, options, context, pending: this, resolve, reject };
    this.#settlement = new Settlement(this.#request);
    if (options.onClose ?? options.onRefuse ?? hub.settings.onRefuse) context.keepCaller();
    this.#expiry = performance.now() + Number(options.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now();
  }

  get remoteAddress(): string | undefined {
    return this.#request.exchange.remoteAddress;
  }

  open(source: Source): void {
    const { hub, exchange, options, context } = this.#request;
    // The stream keeps this function, so it must not keep the opening.
    const onError = (error: unknown) => hub.report(error, { stage: "source" });
    if (!this.#admit()) return discard(source, onError);
    if (exchange.gone) {
      discard(source, onError);
      return this.#settlement.leave("client");
    }
    if (exchange.method === "HEAD" && typeof source === "function") return this.#answerHead();
    const { event } = options;
    try {
      const opened = openSource(source, context, { event, pieceLimit: hub.pieceLimit, onError }, this);
      if (opened instanceof Promise) this.#await(opened);
      else this.#go(opened);
    } catch (error) {
      this.#settlement.fail(error, "source");
    }
  }

  close(reason: "disconnected" | "drained"): void {
    if (reason === "drained") this.#settlement.refuse(RETRY_LATER.draining());
    else this.#settlement.refuse(RETRY_LATER.broken(), reason);
  }

  /** Takes a place for the stream. Returns false if the request gets none: it is then answered. */
  #admit(): boolean {
    const { hub, exchange, options } = this.#request;
    if (exchange.answered === true) {
      this.#settlement.answeredBefore();
      return false;
    }
    const refusal = refusedMethod(exchange.method, options.methods);
    const admission: Admission = refusal ? { ok: false, answer: refusal } : admit(hub, exchange);
    if (admission.ok) {
      this.#settlement.key = admission.key;
      return true;
    }
    this.#settlement.refuse(admission.answer);
    return false;
  }

  #await(opened: Promise<Feed | null>): void {
    this.#watch();
    opened.then((feed) => this.#go(feed)).catch((error) => this.#settlement.fail(error, "source"));
  }

  /** Counts the request as opening, and handles that its response closes meanwhile. */
  #watch(): void {
    const { hub, exchange } = this.#request;
    hub.opening.add(this);
    exchange.onGone = () => this.#settlement.closed();
    // The source function may have cut the connection, before there was a listener.
    if (exchange.gone) this.#settlement.closed();
  }

  #go(feed: Feed | null): void {
    const { hub, exchange } = this.#request;
    // The context was aborted when the request was settled.
    if (this.#settlement.isSettled) return feed?.stop();
    if (feed === null) return this.#settlement.refuse(NOTHING_LEFT);
    if (exchange.answered === true || exchange.gone) {
      this.#stop(feed, exchange.answered === true ? "refused" : "client");
      return this.#settlement.closed();
    }
    if (exchange.method === "HEAD") {
      this.#stop(feed, "refused");
      return this.#answerHead();
    }
    // Admitted before the drain began. A stream would have to end at once.
    if (hub.refusing) {
      this.#stop(feed, "drained");
      return this.close("drained");
    }
    if (!this.#finishResponse(feed)) this.#begin(feed);
  }

  /** Lets the framework finish its response, then continues with the feed. Returns false if there is nothing to do. */
  #finishResponse(feed: Feed): boolean {
    const { exchange } = this.#request;
    const settlement = this.#settlement;
    if (exchange.finish === undefined || settlement.isFinishing) return false;
    settlement.finishing(feed);
    this.#watch();
    try {
      exchange.finish(headersOf(this.#request), () => {
        settlement.finished();
        this.#go(feed);
      });
    } catch (error) {
      settlement.fail(error, "head");
    }
    return true;
  }

  #begin(feed: Feed): void {
    const parts = this.#parts();
    let stream: EventStream;
    try {
      stream = sendHead(parts, feed);
    } catch (error) {
      this.#stop(feed, "error");
      return this.#settlement.fail(error, "head");
    }
    this.#settlement.opened();
    startStream(parts, stream, feed);
  }

  #parts(): StreamParts {
    const { hub, exchange, options, context, resolve } = this.#request;
    const { number, beganAt } = this;
    return {
      hub,
      exchange,
      options,
      context,
      number,
      beganAt,
      key: this.#settlement.key,
      expiry: this.#expiry,
      resolve,
    };
  }

  /** Answers a HEAD request with the head that its stream would have. */
  #answerHead(): void {
    this.#settlement.refuse({ status: 200, headers: headersOf(this.#request), text: "" });
  }

  /** Stops a feed that gets no stream. Aborts first, as `Feed.stop` demands. */
  #stop(feed: Feed, reason: CloseReason): void {
    this.#request.context.abort(reason);
    feed.stop();
  }
}
