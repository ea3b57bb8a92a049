import {
  checkBoolean,
  checkFunction,
  checkNames,
  checkNumber,
  checkOneOf,
  checkText,
  invalidOption,
  type NumberRule,
} from "../base/checks/check-option.ts";
import { VERSION } from "../base/copies/version.ts";
import type { Log } from "../logs/log.ts";
import { memoryLog } from "../logs/memory/memory-log.ts";
import type { OnRefuse, RefuseAsStream, Throws } from "../stream/answer/refusal.ts";
import { checkDrainOptions, type DrainOptions } from "../stream/ending/drain-options.ts";
import { checkEventType, checkThrows } from "../stream/opening/stream-options.ts";
import type { ErrorContext } from "../stream/report.ts";
import type { StreamSettings } from "../stream/stream-hub.ts";

/** A signal on which a Sluice can drain. Windows has only some of them. */
export type DrainSignal = "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGQUIT" | "SIGBREAK" | "SIGUSR2";

/** Options of a Sluice. */
export interface SluiceOptions {
  /** Sets the log that keeps the events of channels. Default: `memoryLog()`, in the memory of this process. */
  readonly log?: Log;
  /**
   * Sends a heartbeat on a stream that was idle for this time, in ms: a comment, or the stream's position. `Infinity`:
   * never. Default: 15,000; on Bun 8,000, since Bun.serve closes a connection that is idle for 10 s.
   */
  readonly heartbeat?: number;
  /**
   * Sets the reconnection time that subscribers receive, in ms. Each receives a random value within ±20 % of it.
   * Default: 2,000.
   */
  readonly retry?: number;
  /**
   * Pauses writing to a subscriber while this many bytes wait for it. At least 1,024. Behind a middleware, on HTTP/1.0
   * and outside Node, the response's own mark holds instead. Default: 65,536.
   */
  readonly highWaterMark?: number;
  /**
   * Cuts a subscriber that accepts no byte of the waiting bytes for this time, in ms. The subscriber resumes with its
   * last event ID. On HTTP/2, resets its stream alone, unless none of the streams on its connection can send. If this
   * process is paused for a quarter of this time or longer, the time starts anew. `Infinity`: never. Default: 30,000.
   */
  readonly stallTimeout?: number;
  /**
   * Gathers published events for this time before they are written, in ms, at most 60,000. 0: until the end of the
   * event-loop turn. Default: 0.
   */
  readonly flushInterval?: number;
  /**
   * Compresses streams with gzip for subscribers that accept it. Each flush is compressed once for all of them. It
   * needs `node:zlib`; where that does not exist, streams are not compressed. Default: `false`.
   */
  readonly compress?: boolean;
  /**
   * Limits the number of open streams; beyond the limit, the answer is 503. `Infinity`: no limit. Default: `Infinity`.
   */
  readonly maxConnections?: number;
  /**
   * Limits the number of open streams of one key (see `connectionKey`); beyond the limit, the answer is 429.
   * `Infinity`: no limit. Default: `Infinity`.
   */
  readonly maxConnectionsPerKey?: number;
  /**
   * Limits the number of channels that this process holds, from their making until they close. Beyond the limit,
   * `channel()` throws `TOO_MANY_CHANNELS`, and so does a closed channel that is used again. In a source function, the
   * answer is 503. The channels of jobs count. `Infinity`: no limit. Default: `Infinity`.
   */
  readonly maxChannels?: number;
  /**
   * Closes a channel that had no stream, no iteration, no publish and no read in this process for this time, in ms, at
   * least 100; it may take half as long again. Its events stay in the log, and its next use opens it again. If
   * the program keeps no reference to the channel, the Sluice forgets its options: pass them with each call of
   * `channel()`. `Infinity`: never. Default: `Infinity`.
   */
  readonly idleTimeout?: number;
  /**
   * Returns the key by which `maxConnectionsPerKey` counts a request; `undefined`: the request has no limit. If it
   * throws, or returns a promise or another object, the answer is 503. Default: the remote address. A Fetch `Request`
   * has no remote address, and behind a proxy it is the proxy's.
   */
  readonly connectionKey?: (request: never) => string | undefined;
  /**
   * Ends a stream at this age, in ms, within ±20 %; its subscriber resumes. So connections spread to new nodes.
   * `Infinity`: never. Default: `Infinity`.
   */
  readonly maxLifetime?: number;
  /**
   * Considers a node dead if no beat of it arrives for this time, in ms, from 100 to 3,600,000: its jobs then fail, and
   * its subscribers no longer count. It matters only if processes share the log. Set it longer than any event loop may
   * block. Default: 8,000.
   */
  readonly nodeTimeout?: number;
  /** Sets the type of gap events. Default: `"gap"`. */
  readonly gapEvent?: string;
  /**
   * Drains when the process receives one of these signals. If nothing else listens for the signal, the Sluice then
   * closes, and the signal is raised again: the process ends with its usual status. Else the other listeners decide.
   * The same happens at once on a second signal, 100 ms or more after the first. Ignored where there are no signals.
   * Default: `[]`, none.
   */
  readonly drainOn?: readonly DrainSignal[];
  /** Sets defaults for the options of `drain()`: for signals, adapters and calls of `drain()`. Default: `{}`. */
  readonly drain?: DrainOptions;
  /**
   * Receives every failure that no caller receives, and the end of each outage of the log (`context.isOver`). An error
   * that it throws, or that its promise rejects with, is dropped. Default: `console.error`.
   */
  readonly onError?: (error: unknown, context: ErrorContext) => void;
  /**
   * Sets which refusals a native `EventSource` receives as an event stream that only sets a reconnection time and ends:
   * after a 503, `EventSource` would never connect again. `"draining"`: refusals of a drain. `"limits"`: also refusals
   * by `maxConnections` and `maxChannels`. `false`: none. Only a GET request that accepts nothing but
   * `text/event-stream` receives such a stream; others get 503, and so does `openEventStream()`. `onRefuse` and
   * `throws` do not see these refusals. Default: `"draining"`.
   */
  readonly refuseAsStream?: RefuseAsStream;
  /**
   * Returns the body of an answer that refuses a request, and its content type; `undefined`: Sluice's own text. It is
   * not called for a 204. Default: always Sluice's own text, in plain text.
   */
  readonly onRefuse?: OnRefuse;
  /**
   * Sets which failures before the head of a stream the application handles, instead of Sluice's own answer.
   * `"errors"`: errors of the source function. `"all"`: also refusals, such as 405, 429, 503 and an unknown job.
   * `"none"`: none. The adapters pass such an error to the error handling of their framework; otherwise the promise of
   * the call rejects with it. Default: `"errors"` in adapters and on Express, where `stream()` passes the error to
   * `next`; elsewhere `"none"`.
   */
  readonly throws?: Throws;
}

/** The options, validated and with the defaults filled in. */
export interface SluiceSettings extends StreamSettings {
  /** The version of this package. */
  readonly version: string;
  readonly log: Log;
  readonly flushInterval: number;
  readonly maxChannels: number;
  readonly idleTimeout: number;
  readonly nodeTimeout: number;
  readonly gapEvent: string;
  readonly drainOn: readonly string[];
  readonly drain: DrainOptions;
  readonly onError: (error: unknown, context: ErrorContext) => void;
}

/** By default, Bun.serve closes a connection that is idle for 10 s. A heartbeat may be late by an eighth of this. */
const HEARTBEAT_MS: number = "Bun" in globalThis ? 8_000 : 15_000;
const TIME = { min: 1, infinite: true, unit: "ms" };
const COUNT = { min: 1, whole: true, infinite: true };
const MIN_HIGH_WATER_MARK = 1_024;
const SIGNAL = /^SIG(TERM|INT|HUP|QUIT|BREAK|USR2)$/;

/** Validates the options, and fills in the defaults. Throws `INVALID_OPTION`. */
export function checkSluiceOptions(options: SluiceOptions): SluiceSettings {
  const {
    log = memoryLog(),
    gapEvent = "gap",
    drainOn = [],
    drain = {},
    connectionKey,
    onError = (error, context) => console.error("sluice:", context, error),
    onRefuse,
    refuseAsStream = "draining",
    throws,
  }: SluiceOptions = Object(options);
  const number = (name: keyof SluiceOptions, fallback: number, rule: NumberRule) =>
    checkNumber(name, options?.[name], fallback, rule);
  const settings = {
    log,
    heartbeat: number("heartbeat", HEARTBEAT_MS, TIME),
    retry: number("retry", 2_000, { max: 2 ** 31, unit: "ms" }),
    highWaterMark: number("highWaterMark", 65_536, { min: MIN_HIGH_WATER_MARK, whole: true, unit: "bytes" }),
    stallTimeout: number("stallTimeout", 30_000, TIME),
    flushInterval: number("flushInterval", 0, { max: 60_000, unit: "ms" }),
    compress: checkBoolean("compress", options?.compress, false),
    maxConnections: number("maxConnections", Number.POSITIVE_INFINITY, COUNT),
    maxConnectionsPerKey: number("maxConnectionsPerKey", Number.POSITIVE_INFINITY, COUNT),
    maxChannels: number("maxChannels", Number.POSITIVE_INFINITY, COUNT),
    idleTimeout: number("idleTimeout", Number.POSITIVE_INFINITY, { ...TIME, min: 100 }),
    connectionKey,
    maxLifetime: number("maxLifetime", Number.POSITIVE_INFINITY, TIME),
    nodeTimeout: number("nodeTimeout", 8_000, { min: 100, max: 3_600_000, unit: "ms" }),
    gapEvent,
    drainOn,
    drain,
    onError,
    onRefuse,
    refuseAsStream,
    throws,
  };
  checkNames("createSluice", options, Object.keys(settings));
  if (typeof log?.open !== "function") throw invalidOption("log", "a log, such as memoryLog()", log);
  checkText("gapEvent", gapEvent);
  checkEventType("gapEvent", gapEvent);
  if (!Array.isArray(drainOn) || !drainOn.every((signal) => SIGNAL.test(signal)))
    throw invalidOption("drainOn", 'an array of signals, such as ["SIGTERM"]', drainOn);
  checkDrainOptions(drain);
  checkFunction("connectionKey", connectionKey);
  checkFunction("onError", onError);
  checkFunction("onRefuse", onRefuse);
  checkThrows(throws);
  checkOneOf("refuseAsStream", refuseAsStream, ["draining", "limits", false]);
  return { version: VERSION, ...settings };
}
