import { expect } from "vitest";
import type { NewEntry } from "../../../src/logs/log.ts";
import { turns } from "../../support/turns.ts";
import type { SeenEvent } from "./fake-subscriber.ts";
import type { LogHistory, ModelPosition } from "./log-history.ts";

/*
 * The rules for every subscriber: from its start position it receives exactly the events that its subscription
 * selects, in the order of the log, each once. Or it receives a gap, and then exactly the selected events after the
 * position that the gap names. It receives a gap if an event that it may have selected was trimmed before it was sent,
 * or if it had gone further than a new life of the log has kept, and in no other case.
 */

export const HIGH_WATER_MARK = 1_024;
export const MAX_DATA = 300;
/** Largest block of an event: its data, and at most 100 bytes around it. */
const MAX_BLOCK = MAX_DATA + 100;
/** Largest block of a gap. A new life writes it at once, even to a full socket: no event may come before it. */
const GAP_BLOCK = 200;

/** A connection as the model sees it. */
export interface Connection {
  readonly seen: readonly SeenEvent[];
  readonly lastEventId: string;
  /** True if the client or the server has ended it. */
  readonly isOver: boolean;
  readonly mostPending: number;
  readonly written: number;
  take(bytes?: number): void;
  disconnect(): void;
}

/** Turns in which a connection shows that it is over, also if it waits for questions to a store. */
const TURNS_TO_END = 40;

/** Reads connections until they show whether they are over. */
export async function readToEnd(connections: readonly Connection[]): Promise<void> {
  for (let turn = 0; turn < TURNS_TO_END; turn++) {
    for (const connection of connections) if (!connection.isOver) connection.take(Number.MAX_SAFE_INTEGER);
    await turns(1);
  }
}

const byThree = (event: { data: unknown }) => (event.data as { n: number }).n % 3 === 0;

/** Each selection twice: as subscription options, and as an independent predicate. */
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

/** One subscriber over all its connections, and the model of what it must receive next. */
export class ModelSubscriber {
  readonly selection: (typeof SELECTIONS)[number];
  readonly isIterating: boolean;
  connection!: Connection;
  /** Position up to which it has received every event it selects. */
  position: ModelPosition = { era: 0, offset: 0 };
  /**
   * Newest offset when a subscriber with `from: "start"` connected; `undefined` once it has begun. Entries up to here
   * that are trimmed before it begins are not missing.
   */
  newestAtStart: number | undefined;
  readonly #history: LogHistory;
  #checked = 0;

  constructor(history: LogHistory, selection: (typeof SELECTIONS)[number], isIterating: boolean) {
    this.#history = history;
    this.selection = selection;
    this.isIterating = isIterating;
  }

  connected(connection: Connection): void {
    this.connection = connection;
    this.#checked = 0;
  }

  /** Starts, or continues, at a position. */
  begins(position: ModelPosition): void {
    this.position = position;
    this.newestAtStart = undefined;
  }

  /** Checks the events received since the last check. */
  check(): void {
    const { seen, mostPending } = this.connection;
    for (; this.#checked < seen.length; this.#checked++) {
      const event = seen[this.#checked]!;
      if (event.type === "gap") this.#checkGap(event);
      else this.#checkEvent(event);
    }
    const most = HIGH_WATER_MARK * 1.5 + MAX_BLOCK + GAP_BLOCK * this.#history.now;
    expect(mostPending, "a socket never holds much more than its high-water mark").toBeLessThan(most);
  }

  /** Checks the position from which it would resume, and continues from there. */
  checkPosition(): void {
    const { lastEventId } = this.connection;
    let position = this.#named(lastEventId);
    // An ID of an earlier life is valid as far as its positions hold.
    if (position.era < this.position.era) {
      expect(this.#history.goesOn(position, this.position.era), "a position of an earlier life still holds").toBe(true);
      position = { era: this.position.era, offset: position.offset };
    }
    const before = this.#goingOnIn(position.era, position.offset);
    expect(before, "a position of a new life comes without a gap only if nothing was lost").toBeDefined();
    expect(position.offset, "the position is no older than the last event").toBeGreaterThanOrEqual(before!.offset);
    const next = this.#history.next(this.selection.wants, before!);
    expect(next.offset, "and skips no selected event").toBeGreaterThan(position.offset);
    this.begins(position);
  }

  /** Checks that it has received everything. */
  checkEnd(): void {
    const { now, eras } = this.#history;
    const position = this.#goingOnIn(now, eras[now]!.entries.length);
    expect(position, "a subscriber that had more than was kept receives a gap").toBeDefined();
    const missing = this.#history.next(this.selection.wants, position!);
    expect(missing.offset, "every subscriber has received every event").toBeGreaterThan(eras[now]!.entries.length);
  }

  #checkEvent({ type, data, lastEventId }: SeenEvent): void {
    const history = this.#history;
    const named = this.#named(lastEventId);
    for (let era = this.position.era; era <= history.now; era++) {
      const from = this.#goingOnIn(era, named.offset - 1);
      if (from === undefined) continue;
      const next = history.next(this.selection.wants, from);
      const expected = history.at(next);
      if (expected?.type !== type || expected.data !== data) continue;
      expect(history.at(named), "an event's ID is its position in a life that had it").toBe(expected);
      if (expected.id !== undefined) expect(lastEventId, "a publisher's own ID stays").toBe(expected.id);
      return this.begins(next);
    }
    const expected = history.at(history.next(this.selection.wants, this.position));
    expect({ type, data, lastEventId }, "the very next event that it selects").toEqual(expected);
    expect.fail("The event was not expected.");
  }

  #checkGap({ data, lastEventId }: SeenEvent): void {
    const history = this.#history;
    const gap = JSON.parse(data) as { reason: string; resumesAfter: string };
    expect(lastEventId, "a gap's ID is the position after which the stream goes on").toBe(gap.resumesAfter);
    const to = this.#named(gap.resumesAfter);
    const wasDeleted = history.eras.slice(this.position.era, to.era).some(({ isDeleted }) => isDeleted);
    if (gap.reason === "deleted") expect(wasDeleted, "the channel was deleted").toBe(true);
    else if (
      this.newestAtStart === undefined &&
      history.eras[this.position.era]!.isDeleted &&
      to.era > this.position.era
    )
      expect(gap.reason, "only an own ID can hide that the channel was deleted").toBe("unknown");
    expect(to.offset, "a gap skips no event that is kept").toBeLessThan(history.eras[to.era]!.first);
    // The log does not know how far back a trimmed own ID was: perhaps one event only.
    const least = gap.reason === "unknown" ? this.position.offset - 1 : this.position.offset;
    const isMissing = to.offset > least || this.#mayHaveLost(to.era);
    expect(isMissing, `a gap (${gap.reason}) is reported only if an event is missing`).toBe(true);
    this.begins(to);
  }

  /**
   * Returns true if it may have gone further in an earlier life than was kept, also history events it does not select.
   */
  #mayHaveLost(now: number): boolean {
    const history = this.#history;
    for (let era = this.position.era; era < now; era++) {
      const from = this.#goingOnIn(era, Number.POSITIVE_INFINITY);
      if (from === undefined) continue;
      const passed = history.next(this.selection.wants, from).offset - 1;
      if (!history.goesOn({ era, offset: passed }, now)) return true;
    }
    return false;
  }

  /** Returns the position from which it may continue in a life without a gap, if its next event follows `after`. */
  #goingOnIn(era: number, after: number): ModelPosition | undefined {
    const { offset } = this.position;
    const goesOn = this.#history.goesOn(this.position, era);
    if (this.newestAtStart === undefined) return goesOn ? { era, offset } : undefined;
    // It has not begun: it may begin in any life, with the entries kept then.
    const most = era === this.position.era ? this.newestAtStart : Number.POSITIVE_INFINITY;
    return { era, offset: Math.max(goesOn ? offset : 0, Math.min(after, most, this.#history.eras[era]!.first - 1)) };
  }

  #named(id: string): ModelPosition {
    const position = this.#history.position(id, this.position.era);
    expect(position, `"${id}" is the ID of a position`).toBeDefined();
    return position!;
  }
}
