import { checkOneOf, invalidOption } from "../../base/checks/check-option.ts";
import { isSafe, SAFE_TEXT } from "../../protocol/safe-text.ts";
import type { OnRefuse, Throws } from "../answer/refusal.ts";
import type { CloseReason } from "../close-reason.ts";
import type { Connection, Subscriber } from "../connection.ts";

/** Options of short streams. */
export interface ShortStreamOptions {
  /**
   * Ends a short stream that has sent nothing for this time since its start, in ms, from 100 to 3,600,000. Set it below
   * the time after which a proxy gives up. Default: 20,000.
   */
  readonly wait?: number;
}

/** Options of one event stream. */
export interface StreamOptions {
  /** Event type of values that carry none. Default: `message`. Events of a channel have their own types. */
  readonly event?: string;
  /**
   * Response headers to add or to replace, on every answer: also on 204 and on refusals, whose own headers win.
   * `content-type` and the headers that frame the body cannot be set. Default: none.
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The methods that open a stream, in upper case; others get 405. `GET` allows `HEAD` too. Default: `["GET"]`.
   */
  readonly methods?: readonly string[];
  /**
   * The position to resume from; `""`: none. Default: the header `Last-Event-ID` of the request, or else its query
   * parameter `lastEventId`.
   */
  readonly lastEventId?: string;
  /** Idle time after which a heartbeat is sent, in ms; `Infinity`: never. Default: the option of the Sluice. */
  readonly heartbeat?: number;
  /** Reconnection time sent to the subscriber, in ms, jittered by ±20 %. Default: the option of the Sluice. */
  readonly retry?: number;
  /**
   * Time at which the subscriber's credential expires: a `Date`, or ms since 1970. The stream then ends as `expired`.
   * If the wall clock is set while the stream is open, the earlier end counts: by the wall clock, or by the time that
   * was left when the request arrived. Default: never.
   */
  readonly expiresAt?: Date | number;
  /** Names of the subscriber, for `connections()` and `disconnect()`. Default: none. */
  readonly subscriber?: Subscriber;
  /**
   * Ends the stream as `disconnected` when it aborts. If the source is still being opened, the stream ends right after.
   * Default: none.
   */
  readonly signal?: AbortSignal;
  /**
   * Answers a request whose query has `sluice-short=1` with a short stream, for subscribers behind a proxy that holds a
   * response back until it ends. The stream ends as `short` when it has sent what there is, or if nothing comes; the
   * subscriber asks again with its position. A source of your own does so only if its events have IDs, or the request
   * has a position; else its stream is not short. `true`: with the defaults. Default: `false`.
   */
  readonly shortStreams?: boolean | ShortStreamOptions;
  /**
   * Called once, when the stream has ended. `connection` describes the stream at its end; it is `undefined` if no
   * stream was opened. It finds the stores of `AsyncLocalStorage` that the call had. `onError` receives what it throws,
   * or what its promise rejects with. Default: none.
   */
  readonly onClose?: (reason: CloseReason, connection: Connection | undefined) => void;
  /**
   * Returns the body of an answer that refuses the request, and its content type; `undefined`: Sluice's own text. It is
   * not called for a 204. Default: the option of the Sluice.
   */
  readonly onRefuse?: OnRefuse;
  /**
   * Sets which failures before the head the application handles, instead of Sluice's own answer. `"errors"`: those of
   * the source function. `"all"`: also refusals, such as 405, 429, 503 and an unknown job. `"none"`: none. The adapters
   * pass such an error to the error handling of their framework; otherwise the promise of the call rejects with it.
   * Default: the option of the Sluice.
   */
  readonly throws?: Throws;
}

/** Throws `INVALID_OPTION` unless the value is one of the option `throws`, or `undefined`. */
export function checkThrows(value: unknown): void {
  if (value !== undefined) checkOneOf("throws", value, ["none", "errors", "all"]);
}

/** Throws `INVALID_OPTION` if the value cannot be an event type. */
export function checkEventType(name: string, value: unknown): void {
  if (!isSafe(value)) throw invalidOption(name, SAFE_TEXT, value);
}
