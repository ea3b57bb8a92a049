import { checkBoolean, checkFunction, checkNames, checkNumber, invalidOption } from "./base/check-option.ts";
import type { Log } from "./logs/log.ts";
import { memoryLog } from "./logs/memory/memory-log.ts";
import { checkEventType } from "./stream/opening/stream-options.ts";
import type { ErrorContext } from "./stream/report.ts";
import type { StreamSettings } from "./stream/stream-hub.ts";

/** How a Sluice is set up. Everything has a default. */
export interface SluiceOptions {
  /** Where the events of channels are kept. Default: `memoryLog()`, in this process. */
  readonly log?: Log;
  /** Idle time after which a stream gets a comment, or its position, in ms; `Infinity`: never. Default: 15 000; on Bun 8 000, since Bun.serve closes what is idle for 10 s. */
  readonly heartbeat?: number;
  /** Reconnection time that subscribers are told, in ms; each gets its own, within ±20 %. Default: 2 000. */
  readonly retry?: number;
  /** Bytes waiting for a slow subscriber at which writing to it stops until it has taken them. Behind a middleware, on HTTP/1.0 and outside Node: the response's own mark. Default: 65 536. */
  readonly highWaterMark?: number;
  /** Time for which a subscriber may take no byte of what waits for it before it is cut, in ms. It will come back with its last event ID. Default: 30 000. */
  readonly stallTimeout?: number;
  /** How long published events are gathered for one write, in ms; 0: until the end of the event-loop turn. Default: 0. */
  readonly flushInterval?: number;
  /** Whether streams are compressed (gzip) for those who accept it. Made once for all; needs `node:zlib`, else it does nothing. Default: false. */
  readonly compress?: boolean;
  /** Streams open at a time at most; beyond it: 503. Default: `Infinity`. */
  readonly maxConnections?: number;
  /** Streams open at a time at most for one key; beyond it: 429. Default: `Infinity`. */
  readonly maxConnectionsPerKey?: number;
  /** What `maxConnectionsPerKey` counts by; `undefined`: without limit. Default: the remote address, which the Fetch standard lacks and a proxy hides. */
  readonly connectionKey?: (request: never) => string | undefined;
  /** Age at which a stream is ended, in ms, within ±20 %; its subscriber resumes. Spreads connections over new nodes. Default: `Infinity`. */
  readonly maxLifetime?: number;
  /**
   * On a log that several processes share: time after which one that is not heard of counts as dead, in ms; its jobs have failed then, and
   * its subscribers are no longer counted. Longer than any of them may be busy in one go. Default: 8 000.
   */
  readonly nodeTimeout?: number;
  /** The type of gap events. Default: `"gap"`. */
  readonly gapEvent?: string;
  /** Hears of every failure that has no caller to tell. Default: `console.error`. What it throws itself is dropped. */
  readonly onError?: (error: unknown, context: ErrorContext) => void;
}

/** The same, checked, with the defaults filled in. */
export interface SluiceSettings extends StreamSettings {
  readonly log: Log;
  readonly flushInterval: number;
  readonly nodeTimeout: number;
  readonly gapEvent: string;
  readonly onError: (error: unknown, context: ErrorContext) => void;
}

const NAMES = [
  "log",
  "heartbeat",
  "retry",
  "highWaterMark",
  "stallTimeout",
  "flushInterval",
  "compress",
  "maxConnections",
  "maxConnectionsPerKey",
  "connectionKey",
  "maxLifetime",
  "nodeTimeout",
  "gapEvent",
  "onError",
];

/** Bun.serve closes a connection that is idle for 10 s, unless it is told otherwise; a sweep may be late by an eighth. */
const HEARTBEAT_MS: number = "Bun" in globalThis ? 8_000 : 15_000;
const TIME = { min: 1, infinite: true, unit: "ms" };
const COUNT = { min: 1, whole: true, infinite: true };
const MIN_HIGH_WATER_MARK = 1_024;

/** Throws `INVALID_OPTION` where an option is not what its description says. */
export function checkSluiceOptions(options: SluiceOptions): SluiceSettings {
  checkNames("createSluice", options, NAMES);
  const { log = memoryLog(), gapEvent = "gap", connectionKey, onError } = options;
  if (typeof log?.open !== "function") throw invalidOption("log", "a log, such as memoryLog()", log);
  if (typeof gapEvent !== "string" || gapEvent === "") throw invalidOption("gapEvent", "an event type", gapEvent);
  checkEventType("gapEvent", gapEvent);
  checkFunction("connectionKey", connectionKey);
  checkFunction("onError", onError);
  return {
    log,
    gapEvent,
    connectionKey,
    onError: onError ?? ((error, context) => console.error("sluice:", context, error)),
    heartbeat: checkNumber("heartbeat", options.heartbeat, HEARTBEAT_MS, TIME),
    retry: checkNumber("retry", options.retry, 2_000, { max: 2 ** 31, unit: "ms" }),
    highWaterMark: checkNumber("highWaterMark", options.highWaterMark, 65_536, {
      min: MIN_HIGH_WATER_MARK,
      whole: true,
      unit: "bytes",
    }),
    stallTimeout: checkNumber("stallTimeout", options.stallTimeout, 30_000, TIME),
    flushInterval: checkNumber("flushInterval", options.flushInterval, 0, { max: 60_000, unit: "ms" }),
    compress: checkBoolean("compress", options.compress, false),
    maxConnections: checkNumber("maxConnections", options.maxConnections, Number.POSITIVE_INFINITY, COUNT),
    maxConnectionsPerKey: checkNumber(
      "maxConnectionsPerKey",
      options.maxConnectionsPerKey,
      Number.POSITIVE_INFINITY,
      COUNT,
    ),
    nodeTimeout: checkNumber("nodeTimeout", options.nodeTimeout, 8_000, { min: 100, max: 3_600_000, unit: "ms" }),
    maxLifetime: checkNumber("maxLifetime", options.maxLifetime, Number.POSITIVE_INFINITY, TIME),
  };
}
