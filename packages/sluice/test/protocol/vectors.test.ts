import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { concatBytes, toBytes } from "../../src/protocol/bytes.ts";
import { type EventFields, encodeEvent, SluiceError } from "../../src/protocol/index.ts";
import { cut, hear } from "./hear.ts";
import type { Heard } from "./reference-interpreter.ts";

interface Expected {
  events: Heard["events"];
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

/** Above this, a stream is cut in two at a sample of places only: all of them would be quadratic. */
const MAX_LENGTH_FOR_ALL_CUTS = 4096;

function load<Vector>(name: string): Vector[] {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8")) as Vector[];
}

/** What was heard, as a vector puts it: of several reconnection times, the last. */
function outcome({ events, retries, lastEventId }: Heard): Omit<Expected, "precededBy"> {
  const retry = retries.at(-1);
  return { events, finalLastEventId: lastEventId, ...(retry === undefined ? {} : { retry }) };
}

function expected({ events, retry, finalLastEventId }: Expected): Omit<Expected, "precededBy"> {
  return { events, finalLastEventId, ...(retry === undefined ? {} : { retry }) };
}

function placesToCut(length: number): number[] {
  const step = length <= MAX_LENGTH_FOR_ALL_CUTS ? 1 : Math.ceil(length / 61);
  const places: number[] = [];
  for (let place = 1; place < length; place += place < 64 || place > length - 64 ? 1 : step) places.push(place);
  return places;
}

describe("parse vectors", () => {
  const vectors = load<ParseVector>("parse");
  let ran = 0;

  it.each(vectors.map((vector) => [vector.name, vector] as const))("%s", (_name, vector) => {
    const chunks = vector.chunks.map((chunk) => Buffer.from(chunk, "base64"));
    const whole = concatBytes(chunks);
    const options = { lastEventId: vector.initialLastEventId };
    const wanted = expected(vector.expect);
    expect(outcome(hear(chunks, options)), "as given").toEqual(wanted);
    expect(outcome(hear([whole], options)), "whole").toEqual(wanted);
    expect(outcome(hear(cut(whole, 1), options)), "byte by byte").toEqual(wanted);
    for (const place of placesToCut(whole.length)) {
      const heard = outcome(hear([whole.subarray(0, place), whole.subarray(place)], options));
      // `expect` for each of some 10,000 cuts would take most of the time.
      if (JSON.stringify(heard) !== JSON.stringify(wanted)) expect(heard, `cut at ${place}`).toEqual(wanted);
    }
    ran++;
  });

  it("ran all of them", () => {
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
    const heard = hear([toBytes(before + text)]);
    if (before !== "") heard.events.shift();
    expect(outcome(heard)).toEqual(expected(vector.expect!));
  });

  it("ran all of them", () => {
    expect(ran).toBe(vectors.length);
    expect(ran).toBeGreaterThanOrEqual(65);
  });
});

/** `{ $js }` stands for the value of an expression, because JSON has none for it. */
function evaluate(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("$js" in value)) return value;
  return new Function(`return (${String(value.$js)})`)();
}
