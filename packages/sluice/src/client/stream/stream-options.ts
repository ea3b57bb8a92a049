import type { StandardSchema } from "../../base/checks/standard-schema.ts";
import type { Fresh, RequestOptions } from "../connection/request.ts";
import type { AttemptEnd } from "./attempt/attempt-end.ts";
import type { AnyEvents, EventMap, StreamEvent, StreamGap } from "./deliver/stream-event.ts";
import type { KeyValueStorage, PositionStore } from "./keep-position.ts";

/** The plan of the client after an attempt. */
export interface AttemptPlan {
  /** Delay before the next attempt, in ms. `undefined`: the client stops. */
  readonly retryIn: number | undefined;
}

/** A decision of `onAttemptEnd`. `"retry"`: another attempt after the back-off. `undefined`: as planned. */
export type Verdict = "retry" | "stop" | { readonly retryIn: number } | undefined;

/** The callback `onAttemptEnd`. It may return nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing
export type OnAttemptEnd = (end: AttemptEnd, plan: AttemptPlan) => Verdict | void | PromiseLike<Verdict | void>;

/** Where an error happened that has no caller. */
export interface StreamErrorContext {
  /**
   * - `listener`: a listener, `onGap` or `until` threw, or their promise rejected.
   * - `data`: an event was skipped: `parse` failed, or its data does not fit its schema.
   * - `gap`: events are lost, and neither `onGap` nor a listener nor an iteration receives the gap.
   *   The error is the gap.
   * - `persist`: the position could not be loaded or saved.
   * - `callback`: `onAttemptEnd`, `shareKey` or a listener of the state threw, or its promise rejected.
   * - `load`: code could not be loaded: for the network and the page, or for sharing, and the tab does not share.
   * - `stream`: the stream failed for good, without an iteration that throws the error.
   */
  readonly stage: "listener" | "data" | "gap" | "persist" | "callback" | "load" | "stream";
}

/**
 * State of a stream.
 *
 * - `connecting`: an attempt waits for its answer.
 * - `open`: events arrive.
 * - `waiting`: the next attempt begins after a delay.
 * - `paused`: the page is hidden, or in the back/forward cache.
 * - `closed`: no further attempt follows.
 */
export type StreamState = "connecting" | "open" | "waiting" | "paused" | "closed";

/**
 * Part of a tab in sharing a connection.
 *
 * - `holder`: the connection of all tabs is in this one.
 * - `follower`: another tab has the connection, and passes its events on.
 * - `alone`: the tab shares with no other: the default, and where the runtime has no Web Locks or `BroadcastChannel`.
 */
export type Sharing = "holder" | "follower" | "alone";

/** The URL of a stream, absolute or relative to the page, or a function that returns it for each attempt. */
export type StreamUrl = Fresh<string | URL>;

/** Options of {@link openEventStream}. */
export interface EventStreamOptions<Events extends EventMap = AnyEvents> extends RequestOptions {
  /** Closes the stream when it aborts, as `close()` does. Default: none. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Returns the data for the text of an event: the inverse of a channel's `serialize`. If it throws, the event is
   * skipped, and `onError` receives the error. Default: the value of a JSON text, and other text as it is.
   */
  readonly parse?: ((text: string) => unknown) | undefined;
  /**
   * Validates data by event type with a Standard Schema; its output becomes the data. An event that does not fit is
   * skipped, and `onError` receives `SCHEMA_MISMATCH`. Default: none.
   */
  readonly schemas?: { readonly [Type in keyof Events]?: StandardSchema<Events[Type]> } | undefined;
  /**
   * Receives each gap: events that are lost for this stream. It is handed over in order, like an event. Default: gaps
   * are events of the type `gapEvent`.
   */
  readonly onGap?: ((gap: StreamGap) => unknown) | undefined;
  /** Sets the type of the server's gap events: its own option `gapEvent`. Default: `"gap"`. */
  readonly gapEvent?: string | undefined;
  /** Sets the position from which the first attempt resumes if `persist` has none. Default: `""`, none. */
  readonly lastEventId?: string | undefined;
  /** Keeps the position across page loads and restarts: `localStorage`, or your own store. Default: not kept. */
  readonly persist?: PositionStore | KeyValueStorage | undefined;
  /**
   * Names the position in a `Storage`, with the prefix `sluice:`. Name the user in it if one browser serves several.
   * Needed if `url` is a function. Default: the URL.
   */
  readonly persistKey?: string | undefined;
  /**
   * Names the event that completes the stream, by its type, types, or a function, also an async one. The client then
   * closes the stream. Without such an event, the end of an answer is an interruption. Default: none.
   */
  readonly until?:
    | string
    | readonly string[]
    | ((event: StreamEvent<Events>) => boolean | PromiseLike<boolean>)
    | undefined;
  /**
   * Called when an attempt has ended, also if another one replaces it. Its result, also later, overrules the plan.
   * `onError` receives an invalid result. Default: as planned.
   */
  readonly onAttemptEnd?: OnAttemptEnd | undefined;
  /** Called with each error that has no caller. Default: `console.error`. */
  readonly onError?: ((error: unknown, context: StreamErrorContext) => void) | undefined;
  /**
   * Sets the first window of the back-off, in ms. Each failure doubles the window, and the delay is a random part of
   * it. The server's reconnection time is added. Default: 1,000.
   */
  readonly backoff?: number | undefined;
  /** Limits the window of the back-off, in ms. Default: 30,000. */
  readonly maxBackoff?: number | undefined;
  /** Sets how long a connection must be open before the back-off begins again, in ms. Default: 10,000. */
  readonly stableAfter?: number | undefined;
  /**
   * Limits the time until the head of an answer, in ms, including that of the functions `url`, `headers` and `body`.
   * `Infinity`: no limit. Default: 60,000.
   */
  readonly connectTimeout?: number | undefined;
  /**
   * Limits the silence of an open stream, in ms, if its server states no heartbeat interval. Sluice does: the limit is
   * then twice the interval. `Infinity`: no limit. Default: `Infinity`.
   */
  readonly silenceTimeout?: number | undefined;
  /** Limits the data of one event, in UTF-16 code units. A larger event ends the stream. Default: 16 MiB. */
  readonly maxEventBytes?: number | undefined;
  /**
   * Asks the server for short streams if no first block arrives within 5 s: a proxy may hold the response back until it
   * ends. The server must permit them with its own option `shortStreams`. Only for the method `GET`. Every now and then
   * the client tries the long form again. Default: `true`.
   */
  readonly shortStreams?: boolean | undefined;
  /**
   * Shares one connection among all tabs that have opened a stream with the same URL and `shareKey`. One tab holds it,
   * and passes the events on. Without Web Locks or `BroadcastChannel`, each tab has a connection of its own. Default:
   * `false`.
   */
  readonly shareAcrossTabs?: boolean | undefined;
  /**
   * Names the user of the stream, so that no tab shares with a tab of another user; also beside a position that
   * `persist` keeps. A function is called before each event: if its result has changed, the tab leaves the others
   * before it delivers the event. If it returns no text, the tab shares with no other. A key that is not empty is
   * needed for `shareAcrossTabs` with `headers`, `body` or `withCredentials`. Give one too if a cookie names the user.
   * In `useEventStream()` and `shareEventStream()` an equal key lets components share whose functions differ. Default:
   * `""`.
   */
  readonly shareKey?: string | (() => string | undefined) | undefined;
  /** Closes the connection while the page is hidden, and resumes it when the page is visible. Default: `false`. */
  readonly pauseWhenHidden?: boolean | undefined;
}
