import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { concatBytes, toBytes } from "../../src/protocol/bytes.ts";
import { type EventFields, encodeEvent, SluiceError } from "../../src/protocol/index.ts";
import { cut, parseChunks } from "./support/parse-chunks.ts";
import type { StreamReport } from "./support/reference-interpreter.ts";

interface Expected {
  events: StreamReport["events"];
  retry?: number;
  finalLastEventId: string;
  precededBy?: EventFields;
}

interface ParseVector {
  name: string;
  chunks: string[];
  initialLastEventId?: string;
  expect: Expected;
}

interface EncodeVector {
  name: string;
  item: Record<string, unknown>;
  mustRoundTrip: boolean;
  mustReject: boolean;
  mayRejectOrSanitize?: boolean;
  expect?: Expected;
}

/** A longer stream is cut in two at a sample of offsets only, since cutting at each is quadratic. */
const MAX_LENGTH_FOR_ALL_CUTS = 4096;

function load<Vector>(name: string): Vector[] {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8")) as Vector[];
}

/** Converts a report to the form of a vector, which has the last reconnection time only. */
function outcome({ events, retries, lastEventId }: StreamReport): Omit<Expected, "precededBy"> {
  const retry = retries.at(-1);
  return { events, finalLastEventId: lastEventId, ...(retry === undefined ? {} : { retry }) };
}

function expected({ events, retry, finalLastEventId }: Expected): Omit<Expected, "precededBy"> {
  return { events, finalLastEventId, ...(retry === undefined ? {} : { retry }) };
}

function cutOffsets(length: number): number[] {
  const step = length <= MAX_LENGTH_FOR_ALL_CUTS ? 1 : Math.ceil(length / 61);
  const offsets: number[] = [];
  for (let offset = 1; offset < length; offset += offset < 64 || offset > length - 64 ? 1 : step) offsets.push(offset);
  return offsets;
}

describe("parse vectors", () => {
  const vectors = load<ParseVector>("parse");
  let ran = 0;

  it.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const chunks = vector.chunks.map((chunk) => Buffer.from(chunk, "base64"));
    const whole = concatBytes(chunks);
    const options = { lastEventId: vector.initialLastEventId };
    const wanted = expected(vector.expect);
    expect(outcome(parseChunks(chunks, options)), "as given").toEqual(wanted);
    expect(outcome(parseChunks([whole], options)), "whole").toEqual(wanted);
    expect(outcome(parseChunks(cut(whole, 1), options)), "byte by byte").toEqual(wanted);
    for (const offset of cutOffsets(whole.length)) {
      const report = outcome(parseChunks([whole.subarray(0, offset), whole.subarray(offset)], options));
      // An `expect` for each of some 10,000 cuts would take most of the time.
      if (JSON.stringify(report) !== JSON.stringify(wanted)) expect(report, `cut at ${offset}`).toEqual(wanted);
    }
    ran++;
  });

  it("all ran", () => {
    expect(ran).toBe(vectors.length);
    expect(ran).toBeGreaterThanOrEqual(140);
  });
});

describe("encode vectors", () => {
  const vectors = load<EncodeVector>("encode");
  let ran = 0;

  it.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const item = Object.fromEntries(Object.entries(vector.item).map(([name, value]) => [name, evaluate(value)]));
    ran++;
    if (vector.mustReject) {
      expect(() => encodeEvent(item)).toThrow(SluiceError);
      return;
    }
    let text: string;
    try {
      text = encodeEvent(item);
    } catch (error) {
      expect(error).toBeInstanceOf(SluiceError);
      expect(vector.mayRejectOrSanitize, "may be rejected").toBe(true);
      return;
    }
    const before = vector.expect?.precededBy === undefined ? "" : encodeEvent(vector.expect.precededBy);
    const report = parseChunks([toBytes(before + text)]);
    if (before !== "") report.events.shift();
    expect(outcome(report)).toEqual(expected(vector.expect!));
  });

  it("all ran", () => {
    expect(ran).toBe(vectors.length);
    expect(ran).toBeGreaterThanOrEqual(65);
  });
});

/** Evaluates `{ $js }`, which stands for a value that JSON lacks. */
function evaluate(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("$js" in value)) return value;
  return new Function(`return (${String(value.$js)})`)();
}
