import fc from "fast-check";
import { expect, test } from "vitest";
import { Channel } from "../../src/channel/channel.ts";
import type { ChannelLog, Log } from "../../src/logs/log.ts";
import { memoryLog } from "../../src/logs/memory.ts";
import { checkSluiceOptions } from "../../src/sluice-options.ts";
import { StreamHub } from "../../src/stream/stream-hub.ts";
import { FakeSubscriber } from "./fake-subscriber.ts";

/*
 * Random interleavings of everything that can happen to a channel, against a model that is a list. What must hold for every subscriber:
 * it gets exactly the events that its subscription selects, in the order of the log, each once, from where it came in; or it is told of a
 * gap, and then gets exactly those after the position that the gap names.
 */

const HIGH_WATER_MARK = 1_024;
const RETAINED_EVENTS = 40;
const WINDOW_EVENTS = 12;
const MAX_DATA = 300;
/** An event's block: its data, and at most this much around it. */
const MAX_BLOCK = MAX_DATA + 100;

interface Published {
  readonly type: string;
  readonly topics: readonly string[] | undefined;
  readonly n: number;
  readonly id: string;
}

const byThree = (event: { data: unknown }) => (event.data as { n: number }).n % 3 === 0;

/** Each selection twice over: as one subscribes to it, and as a sentence of its own about an event. */
const SELECTIONS = [
  { options: {}, wants: (event: Published) => event.topics === undefined },
  { options: { topics: ["a"] }, wants: (event: Published) => !event.topics || event.topics.includes("a") },
  {
    options: { topics: ["a", "b"] },
    wants: (event: Published) => !event.topics || event.topics.includes("a") || event.topics.includes("b"),
  },
  { options: { topics: "*" as const }, wants: () => true },
  { options: { types: ["x"] }, wants: (event: Published) => !event.topics && event.type === "x" },
  {
    options: { topics: ["b"], types: ["y"] },
    wants: (event: Published) => (!event.topics || event.topics.includes("b")) && event.type === "y",
  },
  { options: { topics: "*" as const, filter: byThree }, wants: (event: Published) => event.n % 3 === 0 },
];

/** One subscriber over all its connections, and what the model says that it must see next. */
class Follower {
  readonly selection: (typeof SELECTIONS)[number];
  connection: FakeSubscriber | undefined;
  /** Offset up to which it has been given everything that it wants. */
  reached = 0;
  /** For one that came for all that was kept, until it has begun: the newest offset there was. What of that is trimmed before it begins, it does not miss. */
  cameAt: number | undefined;
  #checked = 0;

  constructor(selection: (typeof SELECTIONS)[number]) {
    this.selection = selection;
  }

  connected(connection: FakeSubscriber): void {
    this.connection = connection;
    this.#checked = 0;
  }

  /** It has begun after this offset, or further on. */
  begin(world: World, after: number): void {
    if (this.cameAt === undefined) return;
    this.reached = Math.max(this.reached, Math.min(after, this.cameAt, world.first - 1));
    this.cameAt = undefined;
  }

  /** Checks what it has seen since it was last asked. */
  check(world: World): void {
    const { seen } = this.connection!;
    for (; this.#checked < seen.length; this.#checked++) {
      const { type, data, lastEventId } = seen[this.#checked]!;
      if (type === "gap") {
        const gap = JSON.parse(data) as { reason: string; resumesAfter: string };
        expect(lastEventId, "a gap's ID is where the stream goes on").toBe(gap.resumesAfter);
        const resumesAfter = world.offsetOf(gap.resumesAfter);
        // Of an own ID that was trimmed the log does not know how far back it was: perhaps just one event.
        const least = gap.reason === "unknown" ? this.reached - 1 : this.reached;
        expect(resumesAfter, "a gap is said only where something is missing").toBeGreaterThan(least);
        expect(resumesAfter, "nothing that is kept is given up").toBeLessThan(world.first);
        this.reached = resumesAfter;
        continue;
      }
      this.begin(world, world.offsetOf(lastEventId) - 1);
      const offset = world.nextFor(this.selection.wants, this.reached);
      const expected = world.published[offset - 1];
      expect({ type, data, lastEventId }, "the very next event that it wants").toEqual({
        type: expected?.type,
        data: JSON.stringify({ n: expected?.n, pad: "p".repeat((expected?.n ?? 0) % MAX_DATA) }),
        lastEventId: expected?.id,
      });
      this.reached = offset;
    }
    const most = HIGH_WATER_MARK * 1.5 + MAX_BLOCK;
    expect(this.connection!.mostPending, "a socket never holds much more than its mark").toBeLessThan(most);
  }
}

class World {
  readonly published: Published[] = [];
  readonly hub: StreamHub;
  readonly channel: Channel;
  readonly followers: Follower[] = [];
  readonly errors: unknown[] = [];
  log!: ChannelLog;
  #epoch = "";

  constructor(wrap: (log: Log) => Log) {
    const settings = checkSluiceOptions({ highWaterMark: HIGH_WATER_MARK, heartbeat: Number.POSITIVE_INFINITY });
    this.hub = new StreamHub(settings, (error) => this.errors.push(error));
    const memory = memoryLog();
    const spied: Log = {
      shared: false,
      open: (name, options) => (this.log = memory.open(name, options) as ChannelLog),
      close: () => memory.close(),
    };
    this.channel = new Channel(this.hub, wrap(spied), "orders", "gap", 0, {
      retain: { events: RETAINED_EVENTS },
      window: { events: WINDOW_EVENTS },
    });
  }

  get first(): number {
    return this.log.first;
  }

  async open(): Promise<void> {
    this.#epoch = (await this.channel.position()).split("-")[0]!;
  }

  offsetOf(id: string): number {
    const own = this.published.findIndex((event) => event.id === id);
    return own >= 0 ? own + 1 : Number(id.split("-")[1]);
  }

  nextFor(wants: (event: Published) => boolean, after: number): number {
    let offset = after + 1;
    while (offset <= this.published.length && !wants(this.published[offset - 1]!)) offset++;
    return offset;
  }

  publish(type: string, topics: readonly string[] | undefined, withOwnId: boolean): void {
    const n = this.published.length + 1;
    const id = withOwnId ? `own/${n}` : `${this.#epoch}-${n}`;
    this.published.push({ type, topics, n, id });
    const data = { n, pad: "p".repeat(n % MAX_DATA) };
    void this.channel.publish(type, data, { ...(topics && { topics }), ...(withOwnId && { id }) });
  }

  connect(index: number, takesAll: boolean): void {
    const follower = new Follower(SELECTIONS[index]!);
    this.followers.push(follower);
    follower.reached = this.published.length;
    const source = this.channel.subscribe(follower.selection.options);
    follower.connected(new FakeSubscriber(this.hub, source, undefined, takesAll));
  }

  connectFromStart(index: number, takesAll: boolean): void {
    const follower = new Follower(SELECTIONS[index]!);
    this.followers.push(follower);
    follower.reached = this.first - 1;
    follower.cameAt = this.published.length;
    const source = this.channel.subscribe({ ...follower.selection.options, from: "start" });
    follower.connected(new FakeSubscriber(this.hub, source, undefined, takesAll));
  }

  /** What the sweep does for streams that were idle. */
  beat(): void {
    for (const stream of this.hub.streams) if (stream.writable) stream.write(stream.feed.heartbeat());
  }

  reconnect(follower: Follower): void {
    const { connection, selection } = follower;
    if (connection === undefined) return;
    connection.disconnect();
    const { lastEventId } = connection;
    if (lastEventId === "") {
      // Cut before it had read its position: it comes as a new one.
      follower.cameAt = undefined;
      follower.reached = this.published.length;
    } else {
      const known = this.offsetOf(lastEventId);
      follower.begin(this, known);
      expect(known, "the position is no older than the last event").toBeGreaterThanOrEqual(follower.reached);
      expect(this.nextFor(selection.wants, follower.reached), "and passes over nothing").toBeGreaterThan(known);
      follower.reached = known;
    }
    follower.connected(
      new FakeSubscriber(this.hub, this.channel.subscribe(selection.options), lastEventId || undefined),
    );
  }
}

type Command =
  | {
      readonly do: "publish";
      readonly type: string;
      readonly topics: readonly string[] | undefined;
      readonly count: number;
      readonly ownId: boolean;
    }
  | { readonly do: "connect" | "start"; readonly selection: number; readonly takesAll: boolean }
  | { readonly do: "take"; readonly who: number; readonly bytes: number }
  | { readonly do: "reconnect" | "leave"; readonly who: number }
  | { readonly do: "trim"; readonly part: number }
  | { readonly do: "heartbeat" }
  | { readonly do: "turn"; readonly count: number };

const who = fc.nat(9);
const selection = fc.nat(SELECTIONS.length - 1);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      type: fc.constantFrom("x", "y"),
      topics: fc.constantFrom(undefined, undefined, ["a"], ["b"], ["a", "b"], ["c"]),
      count: fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) },
        { weight: 1, arbitrary: fc.integer({ min: 4, max: 60 }) },
      ),
      ownId: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom("connect" as const, "start" as const),
      selection,
      takesAll: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("take" as const), who, bytes: fc.constantFrom(1, 50, 700, 3_000, 1e9) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("reconnect" as const, "leave" as const), who }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("trim" as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "heartbeat" as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("turn" as const), count: fc.integer({ min: 1, max: 4 }) }) },
);

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function run(world: World, commands: readonly Command[]): Promise<void> {
  await world.open();
  for (const step of commands) {
    const follower = "who" in step ? world.followers[step.who % Math.max(1, world.followers.length)] : undefined;
    if (step.do === "publish") for (let i = 0; i < step.count; i++) world.publish(step.type, step.topics, step.ownId);
    else if (step.do === "connect") world.connect(step.selection, step.takesAll);
    else if (step.do === "start") world.connectFromStart(step.selection, step.takesAll);
    else if (step.do === "trim")
      await world.log.trim(world.first + Math.floor(step.part * (world.published.length - world.first)));
    else if (step.do === "turn") for (let i = 0; i < step.count; i++) await turn();
    else if (step.do === "heartbeat") world.beat();
    else if (follower === undefined) continue;
    else if (step.do === "take") follower.connection!.take(step.bytes);
    else if (step.do === "reconnect") world.reconnect(follower);
    else follower.connection!.disconnect();
    for (const each of world.followers) each.check(world);
  }
  // In the end everybody reads to the end.
  for (const follower of world.followers) if (follower.connection!.gone) world.reconnect(follower);
  await settle(world);
  for (const follower of world.followers) {
    follower.begin(world, world.published.length);
    const missing = world.nextFor(follower.selection.wants, follower.reached);
    expect(missing, "everybody has got everything").toBeGreaterThan(world.published.length);
  }
  const { window, live, lagging, cohorts } = world.channel.stats();
  expect(window.events).toBeLessThanOrEqual(WINDOW_EVENTS);
  expect({ live, lagging }).toEqual({ live: world.followers.length, lagging: 0 });
  expect(cohorts).toBe(new Set(world.followers.map(({ selection }) => selection)).size);
  for (const follower of world.followers) follower.connection!.disconnect();
  expect(world.channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
  expect(world.hub.streams.size).toBe(0);
  expect(world.errors).toEqual([]);
  await world.channel.close();
}

async function settle(world: World): Promise<void> {
  for (let quiet = 0; quiet < 12; quiet++) {
    const before = world.followers.reduce((sum, follower) => sum + follower.connection!.written, 0);
    for (const follower of world.followers) follower.connection!.take();
    await turn();
    for (const follower of world.followers) {
      follower.connection!.take();
      follower.check(world);
    }
    const after = world.followers.reduce((sum, follower) => sum + follower.connection!.written, 0);
    if (after !== before) quiet = 0;
  }
}

const RUNS = Number(process.env.MODEL_RUNS ?? 300);

test("a channel on the memory log gives everybody what the model says", async () => {
  const commands = fc.array(command, { maxLength: 80, size: "max" });
  await fc.assert(
    fc.asyncProperty(commands, (list) => run(new World((log) => log), list)),
    { numRuns: RUNS, endOnFailure: false },
  );
});

test("a channel on a log that takes its time gives everybody what the model says", async () => {
  const commands = fc.array(command, { maxLength: 80, size: "max" });
  await fc.assert(
    fc.asyncProperty(commands, (list) => run(new World(slowly), list)),
    { numRuns: RUNS },
  );
});

/** The same log, opened, read and asked over the course of some event-loop turns, as a log on the network is. */
function slowly(log: Log): Log {
  let delays = 0;
  const later = async <T>(value: T | Promise<T>): Promise<T> => {
    for (let i = delays++ % 3; i > 0; i--) await turn();
    return value;
  };
  return {
    shared: false,
    async open(name, options) {
      const opened = await log.open(name, options);
      await turn();
      return {
        get epoch() {
          return opened.epoch;
        },
        get first() {
          return opened.first;
        },
        get last() {
          return opened.last;
        },
        append: async (entries) => {
          const offsets = await opened.append(entries);
          return later(offsets);
        },
        read: (after, events, bytes) => later(opened.read(after, events, bytes)),
        tail: (listener) => opened.tail(listener),
        holds: (epoch) => opened.holds(epoch),
        sync: () => later(undefined),
        positionOf: (id) => later(opened.positionOf(id)),
        trim: (through) => opened.trim(through),
        close: () => opened.close(),
      };
    },
    close: () => log.close(),
  };
}
