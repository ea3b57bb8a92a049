import { isWorkerd } from "../../base/context/request-mark.ts";
import { jitter } from "../../base/time/timers.ts";
import { acceptsGzip } from "../../protocol/head.ts";
import type { HttpAnswer } from "../answer/http-answer.ts";
import { canGzip } from "../body/gzip-part.ts";
import { EndSignals } from "../ending/end-signals.ts";
import { EventStream } from "../event-stream.ts";
import type { EventStreamSetup } from "../event-stream-setup.ts";
import type { Feed } from "../feed.ts";
import { ShortSink } from "../short/short-sink.ts";
import type { StreamContext } from "../source/stream-context.ts";
import type { StreamHub } from "../stream-hub.ts";
import { RequestSweeps } from "../sweep/request-sweeps.ts";
import { Sweep } from "../sweep/sweep.ts";
import type { Exchange } from "./exchange.ts";
import { responseHead } from "./response-head.ts";
import { shortWait } from "./short-wait.ts";
import type { StreamOptions } from "./stream-options.ts";

/** The parts of a stream: the admitted request, and the promise of the caller. */
export interface StreamParts {
  readonly hub: StreamHub;
  readonly exchange: Exchange;
  readonly options: StreamOptions;
  readonly context: StreamContext;
  readonly number: number;
  readonly beganAt: number;
  /** The key under which the request counts against `maxConnectionsPerKey`. */
  readonly key: string | undefined;
  /** When its credential expires, on the clock of `performance.now()`. */
  readonly expiry: number;
  readonly resolve: EventStreamSetup["resolve"];
}

/** Makes the stream, and sends its head. Throws if the head cannot be sent. */
export function sendHead(parts: StreamParts, feed: Feed): EventStream {
  const { hub, exchange, options } = parts;
  const { highWaterMark, compress } = hub.settings;
  const stream = new EventStream(hub, parts.number, feed, setupOf(parts));
  const gzip = usesGzip(hub, exchange);
  const isShort = shortWait(exchange, options) !== undefined;
  stream.sink = exchange.open(responseHead(options, compress, gzip, isShort), { highWaterMark, gzip }, stream);
  return stream;
}

/** Lets the hub watch a stream whose head was sent, and starts its feed. */
export function startStream({ hub, exchange, options, context }: StreamParts, stream: EventStream, feed: Feed): void {
  const { signal } = options;
  // Only its description at the end needs the address.
  if (stream.onClose !== undefined) exchange.keepRemoteAddress?.();
  hub.add(stream);
  hub.sweep ??= isWorkerd ? new RequestSweeps(hub) : new Sweep(hub);
  hub.sweep.watch(stream);
  if (!stream.ended && signal !== undefined) {
    hub.endSignals ??= new EndSignals();
    hub.endSignals.watch(signal, stream);
  }
  const wait = shortWait(exchange, options);
  if (!stream.ended && wait !== undefined) ShortSink.wrap(stream, { wait, lastEventId: context.lastEventId });
  if (!stream.ended) {
    try {
      feed.start(stream, openingLines(stream, wait));
    } catch (error) {
      hub.report(error, { stage: "source", stream: stream.id });
      stream.close("error");
    }
  }
  stream.sink.opened?.();
}

/**
 * Returns the first lines of the first block: a comment that states the heartbeat interval in ms, and the reconnection
 * time. The comment is empty if the stream sends no heartbeats. The client of a short stream may receive nothing for
 * `wait` ms, because a proxy holds the stream back.
 */
function openingLines({ heartbeat, retry }: EventStream, wait = 0): string {
  const interval = heartbeat === Number.POSITIVE_INFINITY ? "" : ` heartbeat=${Math.ceil(Math.max(heartbeat, wait))}`;
  return `:${interval}\nretry: ${Math.round(jitter(retry, 0.2))}\n`;
}

/** Returns the headers of the stream's head. */
export function headersOf({ hub, exchange, options }: Pick<StreamParts, "hub" | "exchange" | "options">): Headers {
  const isShort = shortWait(exchange, options) !== undefined;
  return responseHead(options, hub.settings.compress, usesGzip(hub, exchange), isShort);
}

type Headers = HttpAnswer["headers"];

function usesGzip({ settings }: StreamHub, exchange: Exchange): boolean {
  return settings.compress && canGzip() && acceptsGzip(exchange.header("accept-encoding"));
}

function setupOf({ hub, exchange, options, context, key, beganAt, expiry, resolve }: StreamParts): EventStreamSetup {
  const { settings } = hub;
  const { subscriber, expiresAt, heartbeat = settings.heartbeat, retry = settings.retry, onClose } = options;
  // The hub's clock stands still while there are no streams.
  hub.renewClock();
  const lifetime = performance.now() + jitter(settings.maxLifetime, 0.2);
  // Rounded down to whole ms: no stream outlives its credential.
  const deadline = Math.floor(Math.min(lifetime, expiry));
  return {
    subscriber,
    exchange,
    context,
    key,
    beganAt,
    retry,
    heartbeat,
    deadline: deadline === Number.POSITIVE_INFINITY ? undefined : deadline,
    deadlineReason: expiry <= lifetime ? "expired" : "lifetime",
    expiry: expiresAt === undefined ? undefined : Math.floor(Number(expiresAt)) - hub.startedAt,
    onClose,
    resolve,
  };
}
