import { acceptsGzip, decodeLastEventId, eventStreamHeaders } from "../protocol/head.ts";
import { admit } from "./admission.ts";
import type { CloseReason } from "./close-reason.ts";
import { EventStream, type EventStreamSetup } from "./event-stream.ts";
import type { Exchange } from "./exchange.ts";
import type { Feed } from "./feed.ts";
import { canGzip } from "./gzip.ts";
import { jitter } from "./jitter.ts";
import { LazyContext, openSource, type Source } from "./source.ts";
import type { StreamHub } from "./stream-hub.ts";
import type { StreamOptions } from "./stream-options.ts";

const NO_BODY = {};
const TEXT = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };

/**
 * Answers a request with an event stream, from admission to end. Resolves to the reason of its end; never rejects.
 *
 * Nothing here awaits before the head when the source is at hand, and no async frame is kept for the life of a stream.
 */
export function openStream(
  hub: StreamHub,
  exchange: Exchange,
  source: Source,
  options: StreamOptions,
): Promise<CloseReason> {
  return new Promise((resolve) => {
    const done = (reason: CloseReason) => {
      if (reason === "refused") hub.closedByReason.refused++;
      try {
        options.onClose?.(reason);
      } catch (error) {
        hub.report(error, { stage: "on-close" });
      }
      resolve(reason);
    };

    const admission = admit(hub, exchange);
    if (!admission.ok) {
      exchange.refuse(admission.status, { ...TEXT, "retry-after": String(admission.retryAfter) }, admission.text);
      return done("refused");
    }
    hub.opening++;
    let left = false;
    const leave = (reason: CloseReason) => {
      if (left) return;
      left = true;
      exchange.onGone = undefined;
      hub.opening--;
      hub.release(admission.key);
      done(reason);
    };

    const lastEventId = options.lastEventId ?? requestedPosition(exchange);
    const context = new LazyContext(lastEventId, exchange.request);
    const fail = (error: unknown) => {
      if (left) return;
      context.abort("error");
      const { status, text } = httpError(error);
      // A refusal by the source is an answer, not a failure.
      if (status >= 500) hub.report(error, { stage: "source" });
      exchange.refuse(status, TEXT, text);
      leave("refused");
    };
    const go = (feed: Feed | null) => {
      if (left) return feed?.stop("client");
      if (feed === null) {
        exchange.refuse(204, NO_BODY, "");
        return leave("refused");
      }
      if (exchange.method === "HEAD") {
        feed.stop("refused");
        exchange.refuse(200, headOf(options, false), "");
        return leave("refused");
      }
      left = true;
      exchange.onGone = undefined;
      begin(hub, exchange, feed, options, admission.key, done);
    };

    if (exchange.gone) return leave("client");
    exchange.onGone = () => {
      context.abort("client");
      leave("client");
    };
    if (exchange.method === "HEAD" && typeof source === "function") {
      exchange.refuse(200, headOf(options, false), "");
      return leave("refused");
    }
    try {
      const { event } = options;
      const setup = {
        event,
        batchSize: hub.settings.highWaterMark / 2,
        onError: (error: unknown) => hub.report(error, { stage: "source" }),
      };
      const opened = openSource(source, context, setup);
      if (opened instanceof Promise) opened.then(go).catch(fail);
      else go(opened);
    } catch (error) {
      fail(error);
    }
  });
}

function begin(
  hub: StreamHub,
  exchange: Exchange,
  feed: Feed,
  options: StreamOptions,
  key: string | undefined,
  done: (reason: CloseReason) => void,
): void {
  const { settings } = hub;
  const gzip = settings.compress && canGzip() && acceptsGzip(exchange.header("accept-encoding"));
  const stream = new EventStream(hub, hub.nextNumber(), feed, streamSetup(hub, exchange, options, key, done));
  stream.sink = exchange.open(headOf(options, gzip), { highWaterMark: settings.highWaterMark, gzip }, stream);
  hub.opening--;
  hub.add(stream);
  endWithSignal(stream, options.signal);
  if (stream.reason !== undefined) return feed.stop(stream.reason);
  const retry = Math.round(jitter(options.retry ?? settings.retry, 0.2));
  feed.start(stream, `:\nretry: ${retry}\n`);
}

function streamSetup(
  hub: StreamHub,
  exchange: Exchange,
  options: StreamOptions,
  key: string | undefined,
  onClosed: (reason: CloseReason) => void,
): EventStreamSetup {
  const { settings } = hub;
  const now = performance.now();
  const lifetime = now + jitter(settings.maxLifetime, 0.2);
  const expiry =
    options.expiresAt === undefined ? Number.POSITIVE_INFINITY : now + (Number(options.expiresAt) - Date.now());
  return {
    subscriber: options.subscriber,
    remoteAddress: exchange.remoteAddress,
    key,
    heartbeat: options.heartbeat ?? settings.heartbeat,
    deadline: Math.min(lifetime, expiry),
    deadlineReason: expiry <= lifetime ? "expired" : "lifetime",
    onClosed,
  };
}

function endWithSignal(stream: EventStream, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const end = () => stream.close("disconnected");
  if (signal.aborted) return end();
  signal.addEventListener("abort", end, { once: true });
  stream.onEnd = () => signal.removeEventListener("abort", end);
}

/** The head of the response (WHATWG HTML section 9.2.4, RFC 9111 section 5.2.2). */
function headOf({ headers }: StreamOptions, gzip: boolean): Readonly<Record<string, string>> {
  if (headers === undefined && !gzip) return eventStreamHeaders;
  const head: Record<string, string> = { ...eventStreamHeaders };
  if (headers !== undefined) for (const [name, value] of Object.entries(headers)) head[name.toLowerCase()] = value;
  if (gzip) {
    head["content-encoding"] = "gzip";
    head.vary = head.vary === undefined ? "accept-encoding" : `${head.vary}, accept-encoding`;
  }
  return head;
}

/** The position a subscriber brings: `Last-Event-ID` on a reconnect, or else `?lastEventId=` of the first request's URL. */
function requestedPosition(exchange: Exchange): string | undefined {
  const header = exchange.header("last-event-id");
  if (header !== undefined && header !== "") return decodeLastEventId(header);
  const query = exchange.url.indexOf("?");
  if (query < 0 || exchange.url.indexOf("lastEventId=", query) < 0) return undefined;
  return new URLSearchParams(exchange.url.slice(query + 1)).get("lastEventId") || undefined;
}

/** What a client may know of an error: its status, and its message only where that says whose fault it is. */
function httpError(error: unknown): { status: number; text: string } {
  const { status, statusCode, message } = (error ?? {}) as {
    status?: unknown;
    statusCode?: unknown;
    message?: unknown;
  };
  const told = status ?? statusCode;
  if (typeof told !== "number" || !Number.isInteger(told) || told < 400 || told > 599) {
    return { status: 500, text: "The event stream could not be opened." };
  }
  return {
    status: told,
    text: told < 500 && typeof message === "string" ? message : "The event stream could not be opened.",
  };
}
