import { messageOf } from "../../../base/errors/thrown.ts";
import { OutOfReach } from "../../shared/failures/out-of-reach.ts";

/** Thrown if the connection breaks while work is in flight. */
export class BrokenLink extends OutOfReach {}

/** Thrown if another stream has replaced the stream that this process knows. */
export class ReplacedStream extends OutOfReach {}

/** JetStream's error codes (`err_code` in the answer of its API). */
export const ACCOUNT_LIMITS_EXCEEDED = 10002;
export const NO_SUITABLE_PEERS = 10005;
export const INSUFFICIENT_RESOURCES = 10023;
export const TOO_MANY_STREAMS = 10027;
export const INSUFFICIENT_MEMORY = 10028;
export const INSUFFICIENT_STORAGE = 10047;
export const STREAM_NOT_CREATED = 10049;
export const STREAM_NOT_FOUND = 10059;
export const STREAM_NAME_IN_USE = 10058;
export const SUBJECTS_OVERLAP = 10065;
export const WRONG_LAST_MESSAGE_ID = 10070;
export const WRONG_LAST_SEQUENCE = 10071;
export const NOT_CLUSTERED = 10074;
export const STREAM_ABOVE_ACCOUNT_LIMIT = 10122;

/** Returns JetStream's error code, or `undefined` for any other error. */
export function apiCode(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "number" ? code : undefined;
}

/** Returns true if no stream answered a request or took a published message: it does not exist, or has no leader. */
export function isMissingStream(error: unknown): boolean {
  return isNotTaken(error) || apiCode(error) === STREAM_NOT_FOUND;
}

/** Returns true if no stream took a published message: the stream does not exist, is not ready, or has no leader. */
export function isNotTaken(error: unknown): boolean {
  return (error as Error).name === "JetStreamNotEnabled";
}

/** Returns true if the server denies this user a subject. */
export function isDenied(error: unknown): boolean {
  return messageOf(error).startsWith("Permissions Violation");
}

/** Returns true for the client's own timeout error. Its message says only "timeout". */
export function isTimeout(error: unknown): boolean {
  return (error as Error).name === "TimeoutError";
}
