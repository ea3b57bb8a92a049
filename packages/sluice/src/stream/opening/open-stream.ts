import { jitter } from "../../base/timers.ts";
import { acceptsGzip } from "../../protocol/head.ts";
import { canGzip } from "../body/gzip-part.ts";
import type { CloseReason } from "../close-reason.ts";
import { EventStream, type EventStreamSetup } from "../event-stream.ts";
import type { Feed } from "../feed.ts";
import { notifyClosed } from "../notify-closed.ts";
import { openSource } from "../source/open-source.ts";
import type { Source } from "../source/source.ts";
import { StreamContext } from "../source/stream-context.ts";
import type { PendingStream, StreamHub } from "../stream-hub.ts";
import { admit } from "./admission.ts";
import type { Exchange } from "./exchange.ts";
import { type HttpAnswer, RETRY_LATER } from "./http-answer.ts";
import { httpError } from "./http-error.ts";
import { requestedPosition } from "./requested-position.ts";
import { responseHead } from "./response-head.ts";
import type { StreamOptions } from "./stream-options.ts";

const NOTHING_LEFT: HttpAnswer = { status: 204, headers: {}, text: "" };

/**
 * Answers a request with an event stream, from admission to end. Resolves to the reason of its end; never rejects.
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
  return new Promise((resolve) => new Opening(hub, exchange, options, resolve).open(source));
}

/** A request between admission and head. It owns the context until the stream does. */
class Opening implements PendingStream {
  readonly #hub: StreamHub;
  readonly #exchange: Exchange;
  readonly #options: StreamOptions;
  readonly #resolve: (reason: CloseReason) => void;
  readonly #context: StreamContext;
  /** When its credential expires on the clock of `performance.now()`, as the clocks stood when the request arrived. */
  readonly #expiry: number;
  /** The key under which the request counts against `maxConnectionsPerKey`. */
  #key: string | undefined;
  /** True once the stream is open, or the request has another answer. */
  #settled = false;

  constructor(hub: StreamHub, exchange: Exchange, options: StreamOptions, resolve: (reason: CloseReason) => void) {
    this.#hub = hub;
    this.#exchange = exchange;
    this.#options = options;
    this.#resolve = resolve;
    this.#context = new StreamContext(requestedPosition(exchange, options.lastEventId), exchange.request);
    this.#expiry = performance.now() + Number(options.expiresAt ?? Number.POSITIVE_INFINITY) - Date.now();
  }

  open(source: Source): void {
    const hub = this.#hub;
    const exchange = this.#exchange;
    const admission = admit(hub, exchange);
    if (!admission.ok) {
      this.#answer(admission.answer);
      return this.#notifyClosed("refused");
    }
    this.#key = admission.key;
    if (exchange.gone) return this.#leave("client");
    if (exchange.method === "HEAD" && typeof source === "function") return this.#refuse(this.#headAlone());
    const { event } = this.#options;
    const onError = (error: unknown) => hub.report(error, { stage: "source" });
    try {
      const opened = openSource(source, this.#context, { event, pieceLimit: hub.pieceLimit, onError });
      if (opened instanceof Promise) this.#await(opened);
      else this.#go(opened);
    } catch (error) {
      this.#fail(error, "source");
    }
  }

  giveUp(): void {
    this.#refuse(RETRY_LATER.draining());
  }

  #await(opened: Promise<Feed | null>): void {
    this.#hub.beginOpening(this);
    this.#exchange.onGone = () => this.#leave("client");
    // The source function may have cut the connection, before there was a listener.
    if (this.#exchange.gone) this.#leave("client");
    opened.then((feed) => this.#go(feed)).catch((error) => this.#fail(error, "source"));
  }

  #go(feed: Feed | null): void {
    // The context was aborted when the request was settled.
    if (this.#settled) return feed?.stop();
    if (feed === null) return this.#refuse(NOTHING_LEFT);
    if (this.#exchange.method === "HEAD") {
      this.#stop(feed, "refused");
      return this.#refuse(this.#headAlone());
    }
    if (this.#exchange.gone) {
      this.#stop(feed, "client");
      return this.#leave("client");
    }
    // Admitted before the drain began. A stream would have to end at once.
    if (this.#hub.refusing) {
      this.#stop(feed, "drained");
      return this.giveUp();
    }
    this.#begin(feed);
  }

  #begin(feed: Feed): void {
    const hub = this.#hub;
    const exchange = this.#exchange;
    const { settings } = hub;
    const stream = new EventStream(hub, hub.nextNumber(), feed, this.#setup());
    try {
      const gzip = this.#gzip();
      const body = { highWaterMark: settings.highWaterMark, gzip };
      stream.sink = exchange.open(responseHead(this.#options, settings.compress, gzip), body, stream);
    } catch (error) {
      this.#stop(feed, "error");
      return this.#fail(error, "head");
    }
    this.#settled = true;
    hub.endOpening(this);
    exchange.onGone = undefined;
    hub.add(stream);
    this.#start(stream, feed);
    stream.sink.opened?.();
  }

  #start(stream: EventStream, feed: Feed): void {
    const hub = this.#hub;
    const { signal } = this.#options;
    if (!stream.ended && signal !== undefined) hub.endSignals.watch(signal, stream);
    if (stream.ended) return;
    try {
      feed.start(stream, `:\nretry: ${Math.round(jitter(stream.retry, 0.2))}\n`);
    } catch (error) {
      hub.report(error, { stage: "source", stream: stream.id });
      stream.close("error");
    }
  }

  #setup(): EventStreamSetup {
    const { settings } = this.#hub;
    const { subscriber, expiresAt, heartbeat = settings.heartbeat, retry = settings.retry } = this.#options;
    // The hub's clock stands still while there are no streams.
    this.#hub.renewClock();
    const lifetime = performance.now() + jitter(settings.maxLifetime, 0.2);
    // Rounded down to whole ms: no stream outlives its credential.
    const deadline = Math.floor(Math.min(lifetime, this.#expiry));
    return {
      subscriber,
      exchange: this.#exchange,
      context: this.#context,
      key: this.#key,
      retry,
      heartbeat,
      deadline: deadline === Number.POSITIVE_INFINITY ? undefined : deadline,
      deadlineReason: this.#expiry <= lifetime ? "expired" : "lifetime",
      expiry: expiresAt === undefined ? undefined : Math.floor(Number(expiresAt)) - this.#hub.startedAt,
      onClose: this.#options.onClose,
      resolve: this.#resolve,
    };
  }

  #gzip(): boolean {
    return this.#hub.settings.compress && canGzip() && acceptsGzip(this.#exchange.header("accept-encoding"));
  }

  #headAlone(): HttpAnswer {
    return {
      status: 200,
      headers: responseHead(this.#options, this.#hub.settings.compress, this.#gzip()),
      text: "",
    };
  }

  #fail(error: unknown, stage: string): void {
    if (this.#settled) {
      // The request has its answer. An abort is expected then.
      if ((error as { name?: unknown } | null)?.name !== "AbortError") this.#hub.report(error, { stage });
      return;
    }
    const answer = httpError(error);
    // A 4xx from the source is an answer, not a failure.
    if (answer.status >= 500) this.#hub.report(error, { stage });
    this.#refuse(answer);
  }

  #refuse(answer: HttpAnswer): void {
    if (this.#settled) return;
    this.#exchange.onGone = undefined;
    this.#answer(answer);
    this.#leave("refused");
  }

  #answer(answer: HttpAnswer): void {
    try {
      this.#exchange.refuse(answer);
    } catch (error) {
      this.#hub.report(error, { stage: "head" });
    }
  }

  /** Stops a feed that gets no stream. Aborts first, as `Feed.stop` demands. */
  #stop(feed: Feed, reason: CloseReason): void {
    this.#context.abort(reason);
    feed.stop();
  }

  #leave(reason: "client" | "refused"): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#exchange.onGone = undefined;
    this.#hub.endOpening(this);
    this.#hub.leave(this.#key);
    this.#context.abort(reason);
    this.#notifyClosed(reason);
  }

  #notifyClosed(reason: "client" | "refused"): void {
    if (reason === "refused") this.#hub.countRefused();
    notifyClosed({ onClose: this.#options.onClose, resolve: this.#resolve }, reason, undefined, this.#hub.report);
  }
}
