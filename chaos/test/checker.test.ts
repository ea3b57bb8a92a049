import { describe, expect, test } from "vitest";
import { check } from "../checker/check.mjs";
import {
  type ConnectionHistory,
  History,
  type PublishedEvent,
  type Seen,
  type SubscriberHistory,
} from "../history.mjs";

/*
 * Histories as a faulty log or channel would leave them: the checker must find the fault in each, and nothing in those that are as they
 * should be.
 */

interface World {
  readonly history: History;
  /** Acknowledged at the offset of its turn, in the epoch; `undefined`: nobody knows whether it was published. */
  publish(position?: string, more?: Partial<Pick<PublishedEvent, "topics" | "ownId" | "publisher">>): PublishedEvent;
  subscribe(position: string, topics?: SubscriberHistory["topics"]): Reader;
}

class Reader {
  readonly history: History;
  readonly record: SubscriberHistory;
  #id: string;

  constructor(history: History, topics: SubscriberHistory["topics"], id: string) {
    this.history = history;
    this.record = history.addSubscriber(`reader ${history.subscribers.length}`, topics);
    this.#id = id;
    this.see({ kind: "position", id });
  }

  gets(...events: readonly PublishedEvent[]): this {
    for (const event of events) {
      const attempt = event.attempts.find(({ id }) => id !== undefined);
      this.see({ kind: "event", id: attempt?.id ?? event.ownId ?? "unknown", key: event.key, intact: true });
    }
    return this;
  }

  getsAs(id: string, event: PublishedEvent): this {
    this.see({ kind: "event", id, key: event.key, intact: true });
    return this;
  }

  hears(reason: string, resumesAfter: string, lastEventId: string = this.#id): this {
    this.see({ kind: "gap", id: resumesAfter, before: this.#id, reason, lastEventId, resumesAfter });
    return this;
  }

  see(seen: WithoutTick): void {
    this.record.seen.push({ ...seen, tick: this.history.tick() } as Seen);
    if ("id" in seen) this.#id = seen.id;
  }
}

type WithoutTick = { [Kind in Seen["kind"]]: Omit<Extract<Seen, { kind: Kind }>, "tick"> }[Seen["kind"]];

function world({ retained = 1_000_000, storeLostData = false } = {}): World {
  const history = new History();
  history.retained = retained;
  history.storeLostData = storeLostData;
  history.addLife("one", {}, "node 1.1");
  return {
    history,
    publish(position, { topics, ownId, publisher = 0 } = {}) {
      const event = history.addEvent({ publisher, topics, ownId });
      const began = history.tick();
      const [epoch = "", offset] = position?.split("-") ?? [];
      event.attempts.push(
        position === undefined
          ? { node: "node 1.1", began }
          : {
              node: "node 1.1",
              began,
              answered: history.tick(),
              id: ownId ?? position,
              position: { epoch, offset: Number(offset) },
            },
      );
      return event;
    },
    subscribe: (position, topics) => new Reader(history, topics, position),
  };
}

/** It is published once more, and acknowledged at an offset. */
function again({ history }: World, { attempts }: PublishedEvent, offset: number): void {
  attempts.push({
    ...attempts[0]!,
    began: history.tick(),
    answered: history.tick(),
    position: { epoch: "one", offset },
  });
}

/** An open stream on the first node. */
function connect({ history }: World, user: string): ConnectionHistory {
  return Object.assign(history.addConnection(user, "node 1.1"), { opened: history.tick() });
}

/** The kinds of what is wrong, each as often as it was found. */
const faults = ({ history }: World) => check(history).violations.map(({ kind }) => kind);

describe("a history as it should be", () => {
  test("has no violation, and is counted", () => {
    const w = world();
    const readers = [w.subscribe("one-0"), w.subscribe("one-0", ["a"]), w.subscribe("one-0", "*")];
    const [first, second, third] = [w.publish("one-1"), w.publish("one-2", { topics: ["a"] }), w.publish("one-3")];
    readers[0]?.gets(first, third);
    for (const reader of readers.slice(1)) reader.gets(first, second, third);
    expect(check(w.history)).toEqual({
      acknowledged: 3,
      delivered: 8,
      gaps: 0,
      again: 0,
      forgotten: 0,
      jobs: 0,
      violations: [],
    });
  });

  test("may lack an event that was not acknowledged, or have it", () => {
    const w = world();
    const [one, other] = [w.subscribe("one-0"), w.subscribe("one-0")];
    const unknown = w.publish();
    const known = w.publish("one-2");
    one.getsAs("one-1", unknown).gets(known);
    other.gets(known);
    expect(faults(w)).toEqual([]);
  });

  test("owes nobody what was published before they came", () => {
    const w = world();
    w.publish("one-1");
    w.subscribe("one-1");
    expect(faults(w)).toEqual([]);
  });

  test("has a gap that covers what was trimmed", () => {
    const w = world({ retained: 2 });
    const reader = w.subscribe("one-0");
    const events = [1, 2, 3, 4].map((offset) => w.publish(`one-${offset}`));
    reader.hears("trimmed", "one-2").gets(...events.slice(2));
    expect(faults(w)).toEqual([]);
  });

  test("goes on in a new life without a word where the positions still hold", () => {
    const w = world();
    const reader = w.subscribe("one-0");
    const first = w.publish("one-1");
    w.history.addLife("two", { one: 1 }, "node 1.1");
    const second = w.publish("two-2");
    reader.gets(first, second);
    expect(faults(w)).toEqual([]);
  });

  test("may give again what is left after a gap that said that the position was lost", () => {
    const w = world({ storeLostData: true });
    const reader = w.subscribe("one-0");
    const events = [1, 2, 3].map((offset) => w.publish(`one-${offset}`));
    reader.gets(...events);
    w.history.addLife("two", { one: 1 }, "node 1.1");
    const later = w.publish("two-2");
    reader.hears("other-epoch", "two-0").getsAs("two-1", events[0]!).gets(later);
    expect(check(w.history)).toMatchObject({ again: 1, violations: [] });
  });

  test("may have an event twice that was published again under its own ID after the log had let go of it", () => {
    const trimmed = world({ retained: 2 });
    const lossy = world({ storeLostData: true });
    for (const w of [trimmed, lossy]) {
      const reader = w.subscribe("one-0");
      const event = w.publish("one-1", { ownId: "own" });
      reader.gets(event);
      const began = w.history.tick();
      const others = w === trimmed ? [2, 3, 4].map((offset) => w.publish(`one-${offset}`)) : [];
      if (w === lossy) w.history.losses.push({ began, ended: w.history.tick() });
      again(w, event, 5);
      reader.gets(...others, event);
      expect(check(w.history)).toMatchObject({ again: 1, violations: [] });
    }
  });

  test("owes nothing that lies before the second place of such an event to those who come with its ID", () => {
    const w = world({ retained: 2 });
    const reader = w.subscribe("one-0");
    const event = w.publish("one-1", { ownId: "own" });
    reader.gets(event);
    for (const offset of [2, 3, 4]) w.publish(`one-${offset}`);
    again(w, event, 5);
    reader.see({ kind: "opened", node: "node 1.1", lastEventId: "own" });
    reader.gets(w.publish("one-6"));
    expect(faults(w)).toEqual([]);
  });

  test("has a gap for an own ID whose event is there, where something was lost that may have followed it", () => {
    const w = world({ storeLostData: true });
    const reader = w.subscribe("one-0");
    reader.gets(w.publish("one-1", { ownId: "own" }));
    w.publish("one-2");
    w.history.addLife("two", {}, "node 1.1");
    reader.hears("other-epoch", "two-1");
    expect(faults(w)).toEqual([]);
  });

  test("has streams that ended otherwise before their user was disconnected, and some of other users", () => {
    const w = world();
    const [mine, other] = [connect(w, "ann"), connect(w, "bob")];
    Object.assign(w.history.addDisconnect("ann", "node 2.1"), { answered: w.history.tick() });
    w.history.endConnection(mine.number, "client");
    expect(faults(w)).toEqual([]);
    expect(other.ended).toBeUndefined();
  });

  test("cannot be held against it where the log has lost who was to be disconnected, or was never told", () => {
    const lossy = world({ storeLostData: true });
    connect(lossy, "ann");
    Object.assign(lossy.history.addDisconnect("ann", "node 2.1"), { answered: lossy.history.tick() });
    lossy.history.losses.push({ began: lossy.history.tick(), ended: lossy.history.tick() });
    const refused = world();
    connect(refused, "ann");
    Object.assign(refused.history.addDisconnect("ann", "node 2.1"), { answered: 9, error: "out of reach" });
    for (const w of [lossy, refused]) expect(faults(w)).toEqual([]);
  });

  test("may have jobs that end otherwise or are not known where the log has lost them, and not known where it has trimmed them", () => {
    const end = (...ends: string[]) => ({ answers: [200, 204], ends, gaps: 1 });
    const unknown = { answers: [200, 404], ends: [], gaps: 1 };
    const lossy = world({ storeLostData: true });
    lossy.history.addJob("node 1.1").followers.push(end("failed", "completed"), end("completed"), unknown);
    lossy.history.losses.push({ began: lossy.history.tick(), ended: lossy.history.tick() });
    const trimmed = world({ retained: 0 });
    trimmed.publish("one-1");
    trimmed.history.addJob("node 1.1").followers.push(end("completed"), unknown);
    for (const w of [lossy, trimmed]) expect(faults(w)).toEqual([]);
    lossy.history.addJob("node 1.1").followers.push(unknown);
    expect(faults(lossy)).toEqual(["job"]);
  });

  test("cannot be held against it where all who knew of an event died with it", () => {
    const w = world({ storeLostData: true });
    const reader = w.subscribe("one-0");
    const first = w.publish("one-1");
    reader.gets(first);
    w.publish("one-2");
    w.history.addLife("two", { one: 1 }, "node 1.2");
    reader.gets(w.publish("two-2"));
    expect(check(w.history)).toMatchObject({ forgotten: 1, violations: [] });
    w.history.showsLoss = true;
    expect(faults(w)).toEqual(["lost"]);
  });

  test("knows no more of what was lost where everybody who had it is gone, also when they had seen a life in which it was there", () => {
    const w = world({ storeLostData: true });
    const reader = w.subscribe("one-1");
    w.publish("one-2");
    w.history.addLife("two", { one: 2 }, "node 1.1");
    w.history.addLife("three", { one: 1, two: 1 }, "node 1.2");
    reader.gets(w.publish("three-2"));
    expect(check(w.history)).toMatchObject({ forgotten: 1, violations: [] });
  });

  test("tells those who had gone on, when somebody comes who knows that something was lost", () => {
    const w = world({ storeLostData: true });
    const reader = w.subscribe("one-1");
    w.publish("one-2");
    w.history.addLife("two", { one: 1 }, "node 2.1");
    reader.gets(w.publish("two-2"));
    w.history.addLife("three", {}, "node 1.1");
    reader.hears("other-epoch", "three-0").gets(w.publish("three-3"));
    expect(faults(w)).toEqual([]);
  });
});

describe("a violation is found when", () => {
  test("an acknowledged event never came", () => {
    const w = world();
    const reader = w.subscribe("one-0");
    w.publish("one-1");
    reader.gets(w.publish("one-2"));
    expect(faults(w)).toEqual(["lost"]);
  });

  test("the last event never came", () => {
    const w = world();
    w.subscribe("one-0");
    w.publish("one-1");
    expect(faults(w)).toEqual(["lost"]);
  });

  test("an event is missing after the place where a gap said that the stream goes on", () => {
    const w = world({ retained: 2 });
    const reader = w.subscribe("one-0");
    const events = [1, 2, 3, 4].map((offset) => w.publish(`one-${offset}`));
    reader.hears("trimmed", "one-2").gets(events[3]!);
    expect(faults(w)).toEqual(["lost"]);
  });

  test("an event is missing before the position that a subscriber had when the gap came", () => {
    const w = world({ retained: 2 });
    const reader = w.subscribe("one-0");
    const events = [1, 2, 3, 4, 5].map((offset) => w.publish(`one-${offset}`));
    reader
      .gets(events[1]!)
      .hears("trimmed", "one-3")
      .gets(...events.slice(3));
    // Of 1 and 3, only 3 was covered by it.
    expect(faults(w)).toEqual(["lost"]);
  });

  test("a gap came before the event was published", () => {
    const w = world({ storeLostData: true });
    const reader = w.subscribe("one-5");
    w.history.addLife("two", {}, "node 1.1");
    reader.hears("other-epoch", "two-0");
    w.publish("two-1");
    expect(faults(w)).toEqual(["lost"]);
  });

  test("the store lost an event, and the subscriber was moved into the new life without a word", () => {
    const w = world({ storeLostData: true });
    const reader = w.subscribe("one-0");
    const first = w.publish("one-1");
    reader.gets(first);
    w.publish("one-2");
    w.history.addLife("two", { one: 1 }, "node 1.1");
    reader.gets(w.publish("two-2"));
    expect(faults(w)).toEqual(["lost"]);
  });

  test("somebody who lives on had told others of what was lost, and nobody was told", () => {
    const w = world({ storeLostData: true });
    const [reader, other] = [w.subscribe("one-1"), w.subscribe("one-1")];
    other.see({ kind: "opened", node: "node 2.1", lastEventId: "one-1" });
    other.gets(w.publish("one-2")).hears("other-epoch", "two-0");
    w.history.addLife("two", { one: 1 }, "node 2.1");
    const event = w.publish("two-2");
    reader.gets(event);
    other.gets(event);
    expect(faults(w)).toEqual(["lost"]);
  });

  test("a later gap in the new life is said for something else", () => {
    const w = world({ storeLostData: true, retained: 2 });
    const reader = w.subscribe("one-1");
    w.publish("one-2");
    w.history.addLife("two", { one: 1 }, "node 1.1");
    const events = [2, 3, 4, 5, 6].map((offset) => w.publish(`two-${offset}`));
    reader
      .gets(events[0]!)
      .hears("trimmed", "two-4")
      .gets(...events.slice(3));
    expect(faults(w)).toEqual(["lost"]);
  });

  test("an event came twice, at once or after a reconnect", () => {
    const w = world();
    const [one, other] = [w.subscribe("one-0"), w.subscribe("one-0")];
    const [first, second] = [w.publish("one-1"), w.publish("one-2")];
    one.gets(first, first, second);
    other.gets(first, second);
    other.see({ kind: "closed", why: "left" });
    other.see({ kind: "opened", node: "node 1.1", lastEventId: "one-2" });
    other.gets(second);
    expect(faults(w).filter((kind) => kind === "duplicated")).toHaveLength(2);
  });

  test("an event came again after a gap that only told of trimming", () => {
    const w = world({ retained: 2 });
    const reader = w.subscribe("one-0");
    const events = [1, 2, 3, 4].map((offset) => w.publish(`one-${offset}`));
    reader
      .gets(events[0]!)
      .hears("trimmed", "one-2")
      .gets(...events.slice(2))
      .getsAs("one-5", events[0]!);
    expect(faults(w)).toContain("duplicated");
  });

  test("an event that was repeated under its publisher's own ID is in the log twice, or came twice", () => {
    const w = world();
    const reader = w.subscribe("one-0");
    const event = w.publish("one-1", { ownId: "own" });
    event.attempts.push({ ...event.attempts[0]!, position: { epoch: "one", offset: 2 } });
    reader.gets(event);
    expect(faults(w)).toEqual(["duplicated"]);
    reader.gets(event);
    expect(faults(w)).toEqual(["duplicated", "duplicated"]);
  });

  test("those who came with an own ID were not given what followed it", () => {
    const w = world();
    const reader = w.subscribe("one-0");
    const event = w.publish("one-1", { ownId: "own" });
    reader.gets(event);
    w.publish("one-2");
    again(w, event, 1);
    reader.see({ kind: "opened", node: "node 1.1", lastEventId: "own" });
    reader.gets(w.publish("one-3"));
    expect(faults(w)).toEqual(["lost"]);
  });

  test("an own ID was not found whose event was there", () => {
    const w = world({ retained: 2 });
    const reader = w.subscribe("one-0");
    const events = [1, 2, 3].map((offset) => w.publish(`one-${offset}`, { ownId: `own ${offset}` }));
    reader.gets(events[0]!, events[1]!).hears("unknown", "one-1").gets(events[2]!);
    expect(faults(w)).toEqual(["needless gap"]);
  });

  test("a stream was not ended whose user was disconnected on all nodes, or on its own", () => {
    const w = world();
    connect(w, "ann");
    Object.assign(w.history.addDisconnect("ann", "node 2.1"), { answered: w.history.tick() });
    Object.assign(w.history.addDisconnect("ann", "node 1.1"), { answered: w.history.tick(), error: "out of reach" });
    expect(faults(w)).toEqual(["disconnect", "disconnect"]);
  });

  test("a stream of a user who was disconnected ended otherwise, though nothing was broken", () => {
    const w = world();
    const { number } = connect(w, "ann");
    Object.assign(w.history.addDisconnect("ann", "node 2.1"), { answered: w.history.tick(), inCalm: true });
    w.history.endConnection(number, "error");
    expect(faults(w)).toEqual(["disconnect"]);
  });

  test("a stream was disconnected and nobody had asked for it, or a node never said that it was", () => {
    const w = world();
    w.history.endConnection(connect(w, "ann").number, "disconnected");
    w.history.addDisconnect("ann", "node 1.1");
    expect(faults(w)).toEqual(["disconnect", "disconnect"]);
  });

  test("nodes never agreed on who is connected", () => {
    const w = world();
    w.history.disagreements.push("node 1.1 tells of 3 on 2 nodes, and there are 2 on 2 nodes");
    expect(faults(w)).toEqual(["presence"]);
  });

  test("events came in the wrong order to all", () => {
    const w = world();
    const reader = w.subscribe("one-0");
    const [first, second] = [w.publish("one-1"), w.publish("one-2", { publisher: 1 })];
    reader.gets(second, first);
    expect(faults(w)).toEqual(["out of order"]);
  });

  test("two subscribers got events whose IDs tell no position in different order", () => {
    const w = world();
    const [one, other] = [w.subscribe("one-0"), w.subscribe("one-0")];
    const events = ["a", "b", "c"].map((ownId, i) => w.publish(`one-${i + 1}`, { ownId, publisher: i }));
    one.gets(events[0]!, events[1]!, events[2]!);
    other.gets(events[1]!, events[0]!, events[2]!);
    expect(faults(w)).toEqual(["out of order"]);
  });

  test("three subscribers agree on no order, though any two of them would", () => {
    const w = world();
    const readers = [
      w.subscribe("one-0", ["a", "b"]),
      w.subscribe("one-0", ["b", "c"]),
      w.subscribe("one-0", ["a", "c"]),
    ];
    const [a, b, c] = ["a", "b", "c"].map((name, i) =>
      w.publish(`one-${i + 1}`, { ownId: name, topics: [name], publisher: i }),
    ) as [PublishedEvent, PublishedEvent, PublishedEvent];
    readers[0]?.gets(a, b);
    readers[1]?.gets(b, c);
    readers[2]?.gets(c, a);
    expect(faults(w)).toEqual(["out of order"]);
  });

  test("the log has a publisher's events in another order than its calls", () => {
    const w = world();
    w.publish("one-2");
    w.publish("one-1");
    expect(faults(w)).toEqual(["out of order"]);
  });

  test("an event came to somebody it was not for", () => {
    const w = world();
    w.subscribe("one-0", ["b"]).gets(w.publish("one-1", { topics: ["a"] }));
    expect(faults(w)).toEqual(["foreign"]);
  });

  test("an event came that nobody published, or not so", () => {
    const w = world();
    const reader = w.subscribe("one-0");
    reader.see({ kind: "event", id: "one-1", key: 7, intact: true });
    const event = w.publish("one-2");
    reader.see({ kind: "event", id: "one-2", key: event.key, intact: false });
    expect(faults(w)).toEqual(["foreign", "foreign"]);
  });

  test("an ID means one event to one and another to somebody else", () => {
    const w = world({ storeLostData: true });
    const reader = w.subscribe("one-0");
    const [lost, other] = [w.publish("one-1"), w.publish("one-1", { publisher: 1 })];
    reader.gets(lost, other);
    expect(faults(w)).toContain("ambiguous ID");
  });

  test("a gap was told where nothing can have been lost", () => {
    const w = world();
    w.subscribe("one-0").hears("other-epoch", "two-0");
    expect(faults(w)).toEqual(["needless gap"]);
  });

  test("a gap was told where all that follows the position was there", () => {
    const w = world({ storeLostData: true });
    const reader = w.subscribe("one-0");
    const event = w.publish("one-1");
    w.history.addLife("two", { one: 1 }, "node 1.1");
    reader.gets(event).hears("other-epoch", "two-0");
    expect(faults(w)).toEqual(["needless gap"]);
  });

  test("a gap names a position that the subscriber had not, or none to go on from", () => {
    const w = world({ storeLostData: true });
    w.history.addLife("two", {}, "node 1.1");
    w.subscribe("one-1").hears("other-epoch", "two-0", "one-9");
    w.subscribe("one-1").hears("other-epoch", "");
    expect(faults(w)).toEqual(["needless gap", "needless gap"]);
  });

  test("a node ended by itself", () => {
    const w = world();
    w.history.crashes.push("node 1.1 ended by itself (SIGBUS)");
    expect(faults(w)).toEqual(["crash"]);
  });

  test("a node left a publish without an answer", () => {
    const w = world();
    w.history.unanswered.push({ node: "node 1.1", began: 1 });
    expect(faults(w)).toEqual(["unanswered"]);
  });

  for (const [what, followers] of [
    ["a job never ended for somebody", [{ answers: [200], ends: [] }]],
    ["a job ended twice", [{ answers: [200, 204], ends: ["failed", "completed"] }]],
    ["a job that had ended was opened again and again", [{ answers: [200, 200], ends: ["failed"] }]],
    ["a job was not known", [{ answers: [200, 404], ends: [] }]],
    [
      "a job ended differently for two",
      [
        { answers: [200, 204], ends: ["failed"] },
        { answers: [200, 204], ends: ["completed"] },
      ],
    ],
  ] as const) {
    test(what, () => {
      const w = world();
      const good = { answers: [503, 200, 204], ends: ["completed"], gaps: 0 };
      w.history.addJob("node 1.1").followers.push(good, { ...good });
      expect(check(w.history)).toMatchObject({ jobs: 1, violations: [] });
      const copies = followers.map(({ answers, ends }) => ({ answers: [...answers], ends: [...ends], gaps: 0 }));
      w.history.addJob("node 1.1").followers.push(...copies);
      expect(faults(w)).toContain("job");
    });
  }
});
