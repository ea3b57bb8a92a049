import fc from "fast-check";
import { expect, it } from "vitest";
import type { ChannelLog, Log, LogEntry, NewEntry, Retention } from "../../../src/logs/log.ts";
import { memoryLog } from "../../../src/logs/memory/memory-log.ts";
import { KEEP_ALL } from "./contracts/log-contract.ts";

type Step =
  | { readonly kind: "append"; readonly calls: readonly (readonly NewEntry[])[] }
  | { readonly kind: "read"; readonly after: number; readonly events: number; readonly bytes: number }
  | { readonly kind: "trim"; readonly through: number }
  | { readonly kind: "positionOf"; readonly id: string };

/** Few IDs, so that each comes more than once. */
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
/** A call of `append`. Its own IDs differ. */
const call = fc.array(newEntry, { minLength: 1, maxLength: 12 }).map((entries) => {
  const ids = new Set<string>();
  return entries.filter((entry) => entry.id === undefined || (!ids.has(entry.id) && ids.add(entry.id)));
});
/** Calls of `append` that do not wait for each other. */
const calls = fc.array(call, { minLength: 1, maxLength: 8 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("append" as const), calls }) },
  fc.record({
    kind: fc.constant("read" as const),
    // Small numbers often: a session may have few entries, and a read after the last one returns nothing.
    after: fc.oneof(fc.nat(5), fc.nat(100)),
    events: fc.integer({ min: 1, max: 40 }),
    bytes: fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 60_000 })),
  }),
  fc.record({ kind: fc.constant("trim" as const), through: fc.oneof(fc.nat(5), fc.nat(100)) }),
  fc.record({ kind: fc.constant("positionOf" as const), id }),
);
/** Retentions for a log that counts events and bytes exactly as the memory log does. */
export const EVENTS_AND_BYTES: fc.Arbitrary<Retention> = fc.record({
  events: fc.constantFrom(Number.POSITIVE_INFINITY, 3, 40),
  bytes: fc.constantFrom(Number.POSITIVE_INFINITY, 5_000, 100_000),
  age: fc.constant(Number.POSITIVE_INFINITY),
});
/** Retentions for a log that counts only events exactly. */
export const EVENTS: fc.Arbitrary<Retention> = EVENTS_AND_BYTES.map((retain) => ({ ...retain, bytes: KEEP_ALL.bytes }));
/** The retention for a log that counts neither exactly. */
export const NOTHING: fc.Arbitrary<Retention> = fc.constant(KEEP_ALL);

const RUNS = Number(process.env.MODEL_RUNS ?? 40);

/**
 * Tests that a log gives the same answers as the memory log for random operations, also when it is reopened in between.
 * `openStore` returns an empty store. MODEL_RUNS sets the number of runs.
 */
export function likeMemory(
  name: string,
  openStore: () => Promise<{ open(): Log }>,
  retention: fc.Arbitrary<Retention>,
): void {
  it(`${name} answers like the memory log`, { timeout: 120_000 }, () =>
    fc.assert(
      fc.asyncProperty(
        retention,
        fc.array(fc.array(step, { maxLength: 8 }), { maxLength: 4 }),
        async (retain, sessions) => {
          const store = await openStore();
          const isLimited = Number.isFinite(Math.min(retain.events, retain.bytes));
          const model = await memoryLog().open("orders", { retain });
          for (const steps of sessions) {
            const log = store.open();
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
      { numRuns: RUNS, endOnFailure: true },
    ),
  );
}

/**
 * Returns the answer of a log to one step. With `isSerial`, calls of `append` wait for each other: a log with limits
 * may trim between concurrent calls at other points than the memory log.
 */
async function answer(channel: ChannelLog, step: Step, isSerial: boolean): Promise<unknown> {
  switch (step.kind) {
    case "append": {
      const offsets: (readonly number[])[] = [];
      if (isSerial) for (const entries of step.calls) offsets.push(await channel.append(entries));
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

/** Some logs store data as UTF-8, where a lone surrogate becomes U+FFFD, as it does on the wire. */
function withoutTime({ time: _, ...entry }: LogEntry): object {
  return { ...entry, data: entry.data.toWellFormed() };
}
