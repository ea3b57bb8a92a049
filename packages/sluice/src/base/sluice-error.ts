/** Stable names of what can go wrong. A code never changes its meaning; messages may. */
export type SluiceErrorCode =
  /** An option has a value it cannot have. */
  | "INVALID_OPTION"
  /** `id`, `event`, `retry` or a topic could not come back from the wire as it went in. */
  | "INVALID_FIELD"
  /** The data cannot be written as text: `undefined`, a function, a cycle, a BigInt. */
  | "INVALID_DATA"
  /** The data does not fit the schema of its event type. */
  | "SCHEMA_MISMATCH"
  /** An event, or a part of one, is larger than the limit. */
  | "EVENT_TOO_LARGE"
  /** No job with this ID is known (here, or any more). */
  | "UNKNOWN_JOB"
  /** Who asks cannot show who they are. */
  | "UNAUTHENTICATED"
  /** An optional package that this part needs is not installed. */
  | "MISSING_PACKAGE"
  /** The Sluice, the channel or the log was closed. */
  | "CLOSED"
  /** The log could not do what it was asked. */
  | "LOG_FAILED";

/**
 * The base of every error that Sluice throws on purpose.
 *
 * `code` is for programs; `message` is for people and says what was expected, what came and what to do; `cause`, where
 * there is one, is the error that led to this one.
 */
export class SluiceError extends Error {
  override readonly name: string = "SluiceError";
  readonly code: SluiceErrorCode;

  constructor(code: SluiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
