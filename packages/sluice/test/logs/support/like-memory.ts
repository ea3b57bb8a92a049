import fc from "fast-check";
import { expect, test } from "vitest";
import type { ChannelLog, Log, LogEntry, NewEntry, Retention } from "../../../src/logs/log.ts";
import { memoryLog } from "../../../src/logs/memory/memory-log.ts";
import { KEEP_ALL } from "./log-contract.ts";

type Step =
  | { readonly kind: "append"; readonly calls: readonly (readonly NewEntry[])[] }
  | { readonly kind: "read"; readonly after: number; readonly events: number; readonly bytes: number }
  | { readonly kind: "trim"; readonly through: number }
  | { readonly kind: "positionOf"; readonly id: string };

/** Few, so that they come twice. */
const id = fc.nat(30).map((n) => `id ${n}`);
const text = fc.oneof(
  fc.string({ maxLength: 80, unit: "binary" }),
  fc.string({ maxLength: 5_000, minLength: 1_000 }),
  fc.constantFrom("", "\n", "\ud800", "é\n{}", "x".repeat(20_000)),
);
const newEntry: fc.Arbitrary<NewEntry> = fc.record(
  {
    type: fc.constantFrom("placed", "", "\udfff"),
    data: text,
    json: fc.boolean(),
    topics: fc.array(fc.constantFrom("a", "user:1", "ü"), { minLength: 1, maxLength: 3 }),
    id,
    retry: fc.nat(),
  },
  { requiredKeys: ["type", "data", "json"] },
);
/** Calls that do not wait for each other: some of one entry, some of many. */
const calls = fc.array(fc.array(newEntry, { minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("append" as const), calls }) },
  fc.record({
    kind: fc.constant("read" as const),
    after: fc.nat(100),
    events: fc.integer({ min: 1, max: 40 }),
    bytes: fc.integer({ min: 1, max: 60_000 }),
  }),
  fc.record({ kind: fc.constant("trim" as const), through: fc.nat(100) }),
  fc.record({ kind: fc.constant("positionOf" as const), id }),
);
/** What the log counts, and cuts off, exactly where the memory log does. */
export const EVENTS_AND_BYTES: fc.Arbitrary<Retention> = fc.record({
  events: fc.constantFrom(Number.POSITIVE_INFINITY, 3, 40),
  bytes: fc.constantFrom(Number.POSITIVE_INFINITY, 5_000, 100_000),
  age: fc.constant(Number.POSITIVE_INFINITY),
});
export const EVENTS: fc.Arbitrary<Retention> = EVENTS_AND_BYTES.map((retain) => ({ ...retain, bytes: KEEP_ALL.bytes }));
export const NOTHING: fc.Arbitrary<Retention> = fc.constant(KEEP_ALL);

/** A log gives the same answers as the memory log, whatever it is asked, also when it is opened anew in between. */
export function likeMemory(
  name: string,
  open: () => Promise<{ open(): Log }>,
  retention: fc.Arbitrary<Retention>,
  runs: number,
): void {
  test(`${name} answers like the memory log`, { timeout: 120_000 }, () =>
    fc.assert(
      fc.asyncProperty(
        retention,
        fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 4 }),
        async (retain, lives) => {
          const place = await open();
          const isLimited = Number.isFinite(Math.min(retain.events, retain.bytes));
          const model = await memoryLog().open("orders", { retain });
          for (const steps of lives) {
            const log = place.open();
            const channel = await log.open("orders", { retain });
            try {
              for (const each of steps) {
                const expected = await answer(model, each, isLimited);
                expect(await answer(channel, each, isLimited)).toEqual(expected);
              }
            } finally {
              await log.close();
            }
          }
        },
      ),
      { numRuns: runs, endOnFailure: true },
    ),
  );
}

/** `inTurn`: calls wait for each other, since what is trimmed between them is not said. */
async function answer(channel: ChannelLog, step: Step, inTurn: boolean): Promise<unknown> {
  switch (step.kind) {
    case "append": {
      const offsets: (readonly number[])[] = [];
      if (inTurn) for (const entries of step.calls) offsets.push(await channel.append(entries));
      else offsets.push(...(await Promise.all(step.calls.map((entries) => channel.append(entries)))));
      return { offsets, ...(await ends(channel)) };
    }
    case "read": {
      const found = await channel.read(Math.min(step.after, channel.last), step.events, step.bytes);
      return found === "gone" ? found : found.map(withoutTime);
    }
    case "trim":
      await channel.trim(Math.min(step.through, channel.last));
      return ends(channel);
    case "positionOf":
      return { offset: await channel.positionOf(step.id), ...(await ends(channel)) };
  }
}

async function ends(channel: ChannelLog): Promise<object> {
  await channel.sync();
  return { first: channel.first, last: channel.last };
}

/** Some logs keep data as UTF-8, in which a lone surrogate becomes U+FFFD, as it does on the wire. */
function withoutTime({ time: _, ...entry }: LogEntry): object {
  return { ...entry, data: entry.data.toWellFormed() };
}
