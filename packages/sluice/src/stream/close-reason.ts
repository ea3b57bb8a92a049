/**
 * The reason of an event stream's end.
 *
 * - `client`: the subscriber left. Without Node itself, and with the Fetch API, also if the server cut the connection.
 * - `source-ended`: the source has no more events.
 * - `error`: the source threw.
 * - `stalled`: the subscriber took no byte for `stallTimeout`, or on HTTP/2 its connection did not.
 * - `expired`: the time of `expiresAt` was reached.
 * - `lifetime`: the age of `maxLifetime` was reached.
 * - `short`: the subscriber asked for a short stream (`shortStreams`), and received everything, or waited long enough.
 * - `disconnected`: the server called `disconnect()`, perhaps before the stream was open, aborted the `signal` in the
 *   stream's options, ended the response itself, or cut its connection: by `destroy()`, or by a time limit of Node.
 * - `drained`: the server called `drain()` or `close()`.
 * - `refused`: no stream was opened. The answer was 204, an error, the head alone, a stream that only says when to
 *   reconnect (`refuseAsStream`), or one of other code, such as the framework's error handling.
 */
export type CloseReason =
  | "client"
  | "source-ended"
  | "error"
  | "stalled"
  | "expired"
  | "lifetime"
  | "short"
  | "disconnected"
  | "drained"
  | "refused";

/** All reasons, in the order of their documentation. */
export const CLOSE_REASONS: readonly CloseReason[] = [
  "client",
  "source-ended",
  "error",
  "stalled",
  "expired",
  "lifetime",
  "short",
  "disconnected",
  "drained",
  "refused",
];
