/**
 * The reason of an event stream's end.
 *
 * - `client`: the subscriber left.
 * - `source-ended`: the source has no more events.
 * - `error`: the source threw.
 * - `stalled`: the subscriber took no byte for `stallTimeout`.
 * - `expired`: the time of `expiresAt` was reached.
 * - `lifetime`: the age of `maxLifetime` was reached.
 * - `disconnected`: the server called `disconnect()`, perhaps before the stream was open, aborted the `signal` in the
 *   stream's options, or ended the response itself.
 * - `drained`: the server called `drain()` or `close()`.
 * - `refused`: no stream was opened. The answer was 204, an error, the head alone, or one of other code.
 */
export type CloseReason =
  | "client"
  | "source-ended"
  | "error"
  | "stalled"
  | "expired"
  | "lifetime"
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
  "disconnected",
  "drained",
  "refused",
];
