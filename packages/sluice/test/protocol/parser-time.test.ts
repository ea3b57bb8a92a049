import { describe, expect, it } from "vitest";
import { createParser } from "../../src/protocol/index.ts";
import { cut } from "./support/parse-chunks.ts";

const MIB = 1024 * 1024;
/** Payload of one TCP segment over Ethernet, in bytes. */
const SEGMENT = 1460;
/** Cost that a larger input may have beyond proportion: room for noise and caches, and far from quadratic. */
const MAX_RATIO = 2.5;

function timeOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/**
 * Returns the time of `work` as a multiple of the time of `base`. Both run in turn for several rounds, and the smallest
 * ratio counts: other load slows both, and one undisturbed round is enough.
 */
function leastRatio(work: () => void, base: () => void, rounds = 9): number {
  const ratios = Array.from({ length: rounds }, () => timeOf(work) / timeOf(base));
  return Math.min(...ratios);
}

function parse(chunks: (Uint8Array | string)[], maxEventBytes?: number): number {
  let read = 0;
  // Reading one character makes V8 flatten the string.
  const parser = createParser({ maxEventBytes, onEvent: ({ data }) => (read += data.charCodeAt(data.length >> 1)) });
  for (const chunk of chunks) parser.push(chunk);
  return read;
}

const line = (length: number): Uint8Array => new TextEncoder().encode(`data: ${"x".repeat(length)}\n\n`);

describe("time", () => {
  it("to parse a data line of 8 MiB in segments is a small multiple of the time to decode them", () => {
    const pieces = cut(line(8 * MIB), SEGMENT);
    const decode = () => {
      const decoder = new TextDecoder();
      let text = "";
      for (const piece of pieces) text += decoder.decode(piece, { stream: true });
      text.charCodeAt(text.length >> 1);
    };
    expect(leastRatio(() => parse(pieces), decode)).toBeLessThan(4);
  });

  it.each<[string, (length: number) => (Uint8Array | string)[]]>([
    ["a data line in segments", (length) => cut(line(length), SEGMENT)],
    ["a data line byte by byte", (length) => cut(line(length / 16), 1)],
    ["text that is no field, in segments", (length) => cut(new Uint8Array(length).fill(100), SEGMENT)],
    ["many data lines of one event", (length) => [`${"data: x\n".repeat(length / 16)}\n`]],
    [
      "many data lines of one event in segments",
      (length) => cut(new TextEncoder().encode(`${"data: x\n".repeat(length / 16)}\n`), SEGMENT),
    ],
    ["a chunk of lines that end with CR", (length) => ["data: x\r\r".repeat(length / 16)]],
    ["a chunk of lines that end with LF, after one CR", (length) => [`\r${"data: x\n\n".repeat(length / 16)}`]],
    ["a chunk of lines without a colon", (length) => ["data\n".repeat(length / 16)]],
    ["a chunk of ids with a NUL", (length) => ["id: \0\n".repeat(length / 16)]],
    ["a chunk larger than the limit", (length) => ["data: x\n\n".repeat(length / 16)]],
  ])("is linear: %s", (name, make) => {
    const limit = name.includes("limit") ? 1000 : undefined;
    const [small, large] = [make(MIB / 2), make(2 * MIB)];
    const fourSmall = () => {
      for (let i = 0; i < 4; i++) parse(small, limit);
    };
    expect(leastRatio(() => parse(large, limit), fourSmall)).toBeLessThan(MAX_RATIO);
  });
});
