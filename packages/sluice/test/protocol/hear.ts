import { createParser, type ParserOptions } from "../../src/protocol/index.ts";
import type { Heard } from "./reference-interpreter.ts";

/** What a new parser reports when it is given these chunks, one after another. */
export function hear(
  chunks: Iterable<Uint8Array | string>,
  options: Omit<ParserOptions, "onEvent" | "onRetry" | "onComment"> = {},
): Heard {
  const heard: Heard = { events: [], retries: [], comments: [], lastEventId: "" };
  const parser = createParser({
    ...options,
    onEvent: (event) => heard.events.push(event),
    onRetry: (ms) => heard.retries.push(ms),
    onComment: (text) => heard.comments.push(text),
  });
  for (const chunk of chunks) parser.push(chunk);
  heard.lastEventId = parser.lastEventId;
  return heard;
}

/** The whole cut into pieces of `size`, the last one shorter. */
export function cut(whole: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let start = 0; start < whole.length; start += size) pieces.push(whole.subarray(start, start + size));
  return pieces;
}
