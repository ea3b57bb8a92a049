import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toBytes } from "../../src/protocol/bytes.ts";
import { cut, parseChunks } from "./support/parse-chunks.ts";
import { interpretBytes, interpretText } from "./support/reference-interpreter.ts";

/** Parts of event streams, and texts that are nearly such parts. */
const snippet = fc.constantFrom(
  ..."data,data:,data: ,event,event: ,id,id: ,retry,retry: ,retry:1,: comment,:,x, ,\t,1,42,é,☃,👍".split(","),
  ...[
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\r\r",
    "\r\n\r\n",
    "\0",
    "\uFEFF",
    "\u2028",
    "\v",
    "datax: ",
    "eventx:",
    "idx:",
    "da",
  ],
);
const streamText = fc
  .array(fc.oneof({ weight: 9, arbitrary: snippet }, fc.string()), { maxLength: 60 })
  .map((all) => all.join(""));
const streamBytes = fc
  .array(fc.oneof({ weight: 4, arbitrary: streamText.map(toBytes) }, fc.uint8Array({ maxLength: 6 })), { maxLength: 6 })
  .map((pieces) => new Uint8Array(Buffer.concat(pieces)));
const cutOffsets = fc.array(fc.nat(400), { maxLength: 12 });

function cutAt<Whole extends { length: number; slice(start: number, end?: number): Whole }>(
  whole: Whole,
  at: number[],
): Whole[] {
  const ends = [...at.filter((offset) => offset < whole.length).sort((a, b) => a - b), whole.length];
  return ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end));
}

describe("the parser", () => {
  it("reports for any text, cut anywhere, what the reference interpreter reports", () => {
    fc.assert(
      fc.property(streamText, cutOffsets, fc.constantFrom("", "before"), (text, at, lastEventId) => {
        expect(parseChunks(cutAt<string>(text, at), { lastEventId })).toEqual(interpretText(text, lastEventId));
      }),
      { numRuns: 3000 },
    );
  });

  it("reports for any stream of bytes, cut anywhere, what the reference interpreter reports", () => {
    fc.assert(
      fc.property(streamBytes, cutOffsets, (bytes, at) => {
        const wanted = interpretBytes(bytes);
        expect(parseChunks(cutAt<Uint8Array>(bytes, at))).toEqual(wanted);
        expect(parseChunks([bytes])).toEqual(wanted);
        expect(parseChunks(cut(bytes, 1))).toEqual(wanted);
      }),
      { numRuns: 2000 },
    );
  });

  it("reports for arbitrary bytes what the reference interpreter reports", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), cutOffsets, (bytes, at) => {
        expect(parseChunks(cutAt<Uint8Array>(bytes, at))).toEqual(interpretBytes(bytes));
      }),
      { numRuns: 2000 },
    );
  });

  it("decides alike about the size of an event, however the text is cut", () => {
    const outcome = (chunks: string[], maxEventBytes: number) => {
      try {
        return parseChunks(chunks, { maxEventBytes });
      } catch (error) {
        return error;
      }
    };
    fc.assert(
      fc.property(streamText, cutOffsets, fc.integer({ min: 1, max: 40 }), (text, at, maxEventBytes) => {
        expect(outcome(cutAt<string>(text, at), maxEventBytes)).toEqual(outcome([text], maxEventBytes));
      }),
      { numRuns: 2000 },
    );
  });
});
