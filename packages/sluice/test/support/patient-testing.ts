import {
  collect as collectInTime,
  type EventStreamReader,
  type ReadEventStreamOptions,
  readEventStream as readInTime,
} from "../../src/testing/index.ts";

/** A limit for tests that hang. The default of `sluice/testing` is shorter than a busy machine sometimes takes. */
const TIMEOUT_MS = 60_000;

/** Opens an event stream as `readEventStream` of `sluice/testing` does, with more time. */
export function readEventStream(
  from: string | URL | Response,
  options: ReadEventStreamOptions = {},
): Promise<EventStreamReader> {
  return readInTime(from, { timeout: TIMEOUT_MS, ...options });
}

/** Collects items as `collect` of `sluice/testing` does, with more time. */
export const collect: typeof collectInTime = (source, until, options = {}) =>
  collectInTime(source, until, { timeout: TIMEOUT_MS, ...options });
