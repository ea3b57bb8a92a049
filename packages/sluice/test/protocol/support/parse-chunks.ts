import { createParser, type ParserOptions } from "../../../src/protocol/index.ts";
import type { StreamReport } from "./reference-interpreter.ts";

/** Pushes the chunks to a new parser, one after another. Returns everything that it reports. */
export function parseChunks(
  chunks: Iterable<Uint8Array | string>,
  options: Omit<ParserOptions, "onEvent" | "onRetry" | "onComment"> = {},
): StreamReport {
  const report: StreamReport = { events: [], retries: [], comments: [], lastEventId: "" };
  const parser = createParser({
    ...options,
    onEvent: (event) => report.events.push(event),
    onRetry: (ms) => report.retries.push(ms),
    onComment: (text) => report.comments.push(text),
  });
  for (const chunk of chunks) parser.push(chunk);
  report.lastEventId = parser.lastEventId;
  return report;
}

/** Cuts bytes into pieces of `size`. The last piece may be shorter. */
export function cut(whole: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < whole.length; start += size) pieces.push(whole.subarray(start, start + size));
  return pieces;
}
