/** The codes of errors. A code never changes its meaning; messages may change. */
export type SluiceErrorCode =
  /** An option has an invalid value, or its name is unknown. */
  | "INVALID_OPTION"
  /** `id`, `event`, `retry`, `comment` or a topic would not arrive unchanged. */
  | "INVALID_FIELD"
  /** The data has no text form: `undefined`, a function, a cycle, a BigInt. */
  | "INVALID_DATA"
  /** The data does not match the schema of its event type. */
  | "SCHEMA_MISMATCH"
  /** An event or a part of it exceeds a size limit. */
  | "EVENT_TOO_LARGE"
  /** The channel keeps a different event with the same own event ID. */
  | "ID_CONFLICT"
  /** No job with this ID exists, or it is no longer kept. */
  | "UNKNOWN_JOB"
  /** The request carries no valid credential. */
  | "UNAUTHENTICATED"
  /** Other code has answered the request, so no stream can. */
  | "ALREADY_ANSWERED"
  /** The Sluice holds as many channels as its option `maxChannels` allows. */
  | "TOO_MANY_CHANNELS"
  /** An optional package is not installed, or its version is too old. */
  | "MISSING_PACKAGE"
  /** In a Cloudflare Worker: another request has opened the channel, outside of a Durable Object. */
  | "WRONG_REQUEST"
  /** The Sluice, the channel or the log is closed. */
  | "CLOSED"
  /** In a client: the event stream has failed for good. */
  | "STREAM_FAILED"
  /** An operation of the log failed. */
  | "LOG_FAILED";

/**
 * The base class of every error that Sluice throws deliberately.
 *
 * `code` is for programs. `message` is for people: it names the expected value, the actual value, and the remedy.
 * `cause` is the underlying error, if any.
 */
export class SluiceError extends Error {
  override readonly name: string = "SluiceError";
  readonly code: SluiceErrorCode;

  constructor(code: SluiceErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** @internal Marks the error for all copies of the package: see `isSluiceError`. */
  [Symbol.for("SluiceError")](): void {}
}
