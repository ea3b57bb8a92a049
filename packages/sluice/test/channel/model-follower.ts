import { expect } from "vitest";
import type { NewEntry } from "../../src/logs/log.ts";
import type { SeenEvent } from "./fake-subscriber.ts";
import type { Past, Place } from "./past.ts";

/*
 * What must hold for every subscriber: it gets exactly the events that its subscription selects, in the order of the log, each once, from where
 * it came in; or it is told of a gap, and then gets exactly those after the position that the gap names. It is told of a gap where something
 * that it may have wanted was trimmed before it got it, or where it had gone further than a new life of the log has kept, and nowhere else.
 */

export const HIGH_WATER_MARK = 1_024;
export const MAX_DATA = 300;
/** An event's block: its data, and at most this much around it. */
const MAX_BLOCK = MAX_DATA + 100;
/** A gap's block. A new life is told at once, whatever waits already, since nothing else may come before it. */
const GAP_BLOCK = 200;

/** A connection, as the model sees it. */
export interface Connection {
  readonly seen: readonly SeenEvent[];
  readonly lastEventId: string;
  readonly gone: boolean;
  readonly mostPending: number;
  readonly written: number;
  take(bytes?: number): void;
  disconnect(): void;
}

const byThree = (event: { data: unknown }) => (event.data as { n: number }).n % 3 === 0;

/** Each selection twice over: as one subscribes to it, and as a sentence of its own about an event. */
export const SELECTIONS = [
  { options: {}, wants: (event: NewEntry) => event.topics === undefined },
  { options: { topics: ["a"] }, wants: (event: NewEntry) => !event.topics || event.topics.includes("a") },
  {
    options: { topics: ["a", "b"] },
    wants: (event: NewEntry) => !event.topics || event.topics.includes("a") || event.topics.includes("b"),
  },
  { options: { topics: "*" as const }, wants: () => true },
  { options: { types: ["x"] }, wants: (event: NewEntry) => !event.topics && event.type === "x" },
  {
    options: { topics: ["b"], types: ["y"] },
    wants: (event: NewEntry) => (!event.topics || event.topics.includes("b")) && event.type === "y",
  },
  {
    options: { topics: "*" as const, filter: byThree },
    wants: (event: NewEntry) => JSON.parse(event.data).n % 3 === 0,
  },
];

/** One subscriber over all its connections, and what the model says that it must see next. */
export class Follower {
  readonly selection: (typeof SELECTIONS)[number];
  readonly isIterating: boolean;
  connection!: Connection;
  /** Up to where it has been given everything that it wants. */
  place: Place = { era: 0, offset: 0 };
  /** For one that came for all that was kept, until it has begun: the newest offset there was. What of that is trimmed before it begins, it does not miss. */
  cameAt: number | undefined;
  readonly #past: Past;
  #checked = 0;

  constructor(past: Past, selection: (typeof SELECTIONS)[number], isIterating: boolean) {
    this.#past = past;
    this.selection = selection;
    this.isIterating = isIterating;
  }

  connected(connection: Connection): void {
    this.connection = connection;
    this.#checked = 0;
  }

  /** It comes as a new one, and begins here. */
  begins(place: Place): void {
    this.place = place;
    this.cameAt = undefined;
  }

  /** Checks what it has seen since it was last asked. */
  check(): void {
    const { seen, mostPending } = this.connection;
    for (; this.#checked < seen.length; this.#checked++) {
      const event = seen[this.#checked]!;
      if (event.type === "gap") this.#checkGap(event);
      else this.#checkEvent(event);
    }
    const most = HIGH_WATER_MARK * 1.5 + MAX_BLOCK + GAP_BLOCK * this.#past.now;
    expect(mostPending, "a socket never holds much more than its mark").toBeLessThan(most);
  }

  /** Checks the position that it would resume from, and goes by it from now on. */
  checkPosition(): void {
    const { lastEventId } = this.connection;
    let position = this.#named(lastEventId);
    // The name of an earlier life is as good, as far as its places hold.
    if (position.era < this.place.era) {
      expect(this.#past.goesOn(position, this.place.era), "a position of an earlier life still holds").toBe(true);
      position = { era: this.place.era, offset: position.offset };
    }
    const before = this.#goingOnIn(position.era, position.offset);
    expect(before, "a position of a new life, without a gap, only where nothing was lost").toBeDefined();
    expect(position.offset, "the position is no older than the last event").toBeGreaterThanOrEqual(before!.offset);
    const next = this.#past.next(this.selection.wants, before!);
    expect(next.offset, "and passes over nothing").toBeGreaterThan(position.offset);
    this.begins(position);
  }

  /** In the end there is nothing left for it. */
  checkEnd(): void {
    const { now, eras } = this.#past;
    const place = this.#goingOnIn(now, eras[now]!.entries.length);
    expect(place, "whoever had more than was kept is told of a gap").toBeDefined();
    const missing = this.#past.next(this.selection.wants, place!);
    expect(missing.offset, "everybody has got everything").toBeGreaterThan(eras[now]!.entries.length);
  }

  #checkEvent({ type, data, lastEventId }: SeenEvent): void {
    const past = this.#past;
    const named = this.#named(lastEventId);
    for (let era = this.place.era; era <= past.now; era++) {
      const from = this.#goingOnIn(era, named.offset - 1);
      if (from === undefined) continue;
      const next = past.next(this.selection.wants, from);
      const expected = past.at(next);
      if (expected?.type !== type || expected.data !== data) continue;
      expect(past.at(named), "an event's ID is its place, in a life that had it").toBe(expected);
      if (expected.id !== undefined) expect(lastEventId, "a publisher's own ID stays").toBe(expected.id);
      return this.begins(next);
    }
    const expected = past.at(past.next(this.selection.wants, this.place));
    expect({ type, data, lastEventId }, "the very next event that it wants").toEqual(expected);
    expect.fail("That was not to come.");
  }

  #checkGap({ data, lastEventId }: SeenEvent): void {
    const past = this.#past;
    const gap = JSON.parse(data) as { reason: string; resumesAfter: string };
    expect(lastEventId, "a gap's ID is where the stream goes on").toBe(gap.resumesAfter);
    const to = this.#named(gap.resumesAfter);
    expect(to.offset, "nothing that is kept is given up").toBeLessThan(past.eras[to.era]!.first);
    // Of an own ID that was trimmed the log does not know how far back it was: perhaps just one event.
    const least = gap.reason === "unknown" ? this.place.offset - 1 : this.place.offset;
    const isMissing = to.offset > least || this.#mayHaveLost(to.era);
    expect(isMissing, `a gap (${gap.reason}) is said only where something is missing`).toBe(true);
    this.begins(to);
  }

  /** Whether it may have gone further, in any life before this one, than was kept: also over what it did not want. */
  #mayHaveLost(now: number): boolean {
    const past = this.#past;
    for (let era = this.place.era; era < now; era++) {
      const from = this.#goingOnIn(era, Number.POSITIVE_INFINITY);
      if (from === undefined) continue;
      const passed = past.next(this.selection.wants, from).offset - 1;
      if (!past.goesOn({ era, offset: passed }, now)) return true;
    }
    return false;
  }

  /** Where it goes on in a life without a gap, if it may, when the next that it is told of is right after `after`. */
  #goingOnIn(era: number, after: number): Place | undefined {
    const { offset } = this.place;
    const goesOn = this.#past.goesOn(this.place, era);
    if (this.cameAt === undefined) return goesOn ? { era, offset } : undefined;
    // It has not begun: it may begin in any life, with what was kept then.
    const most = era === this.place.era ? this.cameAt : Number.POSITIVE_INFINITY;
    return { era, offset: Math.max(goesOn ? offset : 0, Math.min(after, most, this.#past.eras[era]!.first - 1)) };
  }

  #named(id: string): Place {
    const place = this.#past.place(id, this.place.era);
    expect(place, `"${id}" is the ID of a place`).toBeDefined();
    return place!;
  }
}
