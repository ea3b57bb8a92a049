import { expect } from "vitest";
import { formatPosition } from "../../../src/base/position.ts";
import type { Channel } from "../../../src/channel/channel.ts";
import type { History } from "../../../src/channel/read/history.ts";
import type { NewEntry } from "../../../src/logs/log.ts";
import type { LogHistory, ModelPosition } from "./log-history.ts";
import { SELECTIONS } from "./model-subscriber.ts";

/*
 * The rules for `history()`: it returns the selected events of one life, up to its position, in order and without a
 * hole. They are the newest `limit` ones, or the first `limit` ones after an event ID. It reports a gap if an event
 * after that ID is gone, and in no other case.
 */

/** A call of `history()`. */
export interface Asking {
  readonly selection: number;
  readonly limit: number;
  /** Position of the event ID after which it begins. Default: the newest events. */
  readonly after?: ModelPosition | undefined;
}

/** Calls `history()`, and checks its result against the model. */
export async function checkHistory(channel: Channel, history: LogHistory, asking: Asking): Promise<void> {
  const { limit, after } = asking;
  const { options, wants } = SELECTIONS[asking.selection]!;
  const began = { era: history.now, offset: history.eras[history.now]!.entries.length };
  const afterId = after && formatPosition({ epoch: history.eras[after.era]!.epoch, offset: after.offset });
  const result = (await channel.history({ ...options, limit, ...(afterId && { after: afterId }) })) as History;
  const to = history.position(result.position)!;
  const { entries, first } = history.eras[to.era]!;
  const isFull = result.events.length === limit;
  expect(result.events.length, "no more events than the limit").toBeLessThanOrEqual(limit);
  if (!isFull || after === undefined)
    expect(to.era > began.era || to.offset >= began.offset, "every event that was published before").toBe(true);
  // Entries that were trimmed meanwhile may be absent.
  const from = after === undefined ? first - 1 : startOf(history, result, after, to);
  const all = entries.slice(0, to.offset).map((entry, i) => ({ entry, offset: i + 1 }));
  const selected = all.filter(({ entry, offset }) => wants(entry) && offset > from).map(({ entry }) => entry);
  const expected = after === undefined ? selected.slice(-limit) : selected.slice(0, limit);
  const found = result.events.map(({ type, data, id }) => ({ type, data: JSON.stringify(data), id }));
  const least = after === undefined ? found.slice(-expected.length || found.length) : found;
  expect(least.map(typeAndData), "exactly the events that it selects").toEqual(expected.map(typeAndData));
  for (const { id, ...event } of found) {
    const named = history.position(id, to.era);
    expect(named?.era, "all events are of the life of the position").toBe(to.era);
    expect(event, "an event's ID is its position").toEqual(typeAndData(history.at(named!)!));
  }
}

/** Checks the gap of a result, and returns the offset after which its events begin. */
function startOf(history: LogHistory, { gap }: History, after: ModelPosition, to: ModelPosition): number {
  const { first } = history.eras[to.era]!;
  if (gap === undefined) {
    expect(history.goesOn(after, to.era), "a position that does not hold any more is answered with a gap").toBe(true);
    return after.offset;
  }
  const resumes = history.position(gap.resumesAfter)!;
  expect(resumes.era, "the events after a gap are of the life that the gap names").toBe(to.era);
  expect(resumes.offset, "a gap skips no event that is kept").toBeLessThan(first);
  const isMissing = !history.goesOn(after, to.era) || after.offset < resumes.offset;
  expect(isMissing, `a gap (${gap.reason}) is reported only if an event is missing`).toBe(true);
  const wasDeleted = history.eras.slice(after.era, to.era).some(({ isDeleted }) => isDeleted);
  if (gap.reason === "deleted") expect(wasDeleted, "the channel was deleted").toBe(true);
  else if (history.eras[after.era]!.isDeleted && to.era > after.era)
    expect.fail(`The channel was deleted, but the gap says ${gap.reason}.`);
  return resumes.offset;
}

function typeAndData({ type, data }: Pick<NewEntry, "type" | "data">): Pick<NewEntry, "type" | "data"> {
  return { type, data };
}
