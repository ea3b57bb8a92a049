/**
 * Why an event stream ended.
 *
 * - `client`: the subscriber went away.
 * - `source-ended`: the source has no more.
 * - `error`: the source threw.
 * - `stalled`: the subscriber took no byte for `stallTimeout`.
 * - `expired`: `expiresAt` came.
 * - `lifetime`: `maxLifetime` came.
 * - `disconnected`: `disconnect()`, or the `signal` in the stream's options.
 * - `drained`: `drain()` or `close()`.
 * - `refused`: no stream was opened: the answer was 204, an error, or the head alone.
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

/** All of them, in the order in which they are documented. */
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
