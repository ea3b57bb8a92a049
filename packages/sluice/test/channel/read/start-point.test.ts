import { expect, it } from "vitest";
import type { ChannelLog, Log, TailListener } from "../../../src/logs/log.ts";
import { memoryLog } from "../../../src/logs/memory/memory-log.ts";
import { turns } from "../../support/turns.ts";
import { openWorld, read } from "../support/channel-world.ts";

/** Makes a log that other processes trim: `read` knows it at once, `first` only after the next `sync`. */
function trimmedByOthers() {
  let inner!: ChannelLog;
  let first = 1;
  const memory = memoryLog();
  const log: Log = {
    shared: true,
    open: async (name, options) => {
      inner = (await memory.open(name, options)) as ChannelLog;
      return {
        get epoch() {
          return inner.epoch;
        },
        get first() {
          return first;
        },
        get last() {
          return inner.last;
        },
        holds: () => undefined,
        append: (entries) => inner.append(entries),
        read: (after, events, bytes) => inner.read(after, events, bytes),
        tail: (listener) => {
          const stop = inner.tail({
            ...listener,
            appended: (added) => listener.appended(added),
            trimmed: () => undefined,
          });
          sync = async () => {
            first = inner.first;
            listener.trimmed(first);
          };
          return stop;
        },
        sync: () => sync(),
        positionOf: async (id) => {
          await beforeLookup();
          return inner.positionOf(id);
        },
        trim: (through) => inner.trim(through),
        delete: () => inner.delete(),
        close: () => inner.close(),
      };
    },
    close: () => memory.close(),
  };
  let sync: () => Promise<void> = async () => undefined;
  let beforeLookup: () => Promise<void> = async () => undefined;
  return {
    log,
    trim: (through: number) => inner.trim(through),
    trimBeforeLookup: (through: number) => {
      beforeLookup = () => inner.trim(through);
    },
  };
}

async function trimmedWorld() {
  const { log, trim } = trimmedByOthers();
  const world = await openWorld({ window: { events: 1 } }, {}, log);
  for (let n = 1; n <= 10; n++) await world.channel.publish("n", n);
  await turns();
  const position = (await world.channel.history({ after: `${(await world.channel.position()).split("-")[0]}-0` }))
    .events[2]!.id;
  await trim(6);
  return { world, position };
}

it("a subscriber gets one gap, with the right position, if another process trimmed the log unnoticed", async () => {
  const { world, position } = await trimmedWorld();
  const subscriber = world.connect(world.channel.subscribe(), position);
  await expect.poll(() => read(subscriber).length).toBe(5);
  await turns(20);
  subscriber.take();
  const [gap, ...rest] = subscriber.seen;
  const epoch = position.split("-")[0];
  expect(gap).toMatchObject({ type: "gap", lastEventId: `${epoch}-6` });
  expect(JSON.parse(gap!.data)).toMatchObject({ reason: "trimmed", resumesAfter: `${epoch}-6` });
  expect(rest.map(({ data }) => Number(data))).toEqual([7, 8, 9, 10]);
  subscriber.disconnect();
  await world.channel.shutDown();
});

it("the history of a log trimmed by another process begins with the events left, and reports the gap", async () => {
  const { world, position } = await trimmedWorld();
  const history = await world.channel.history({ after: position });
  expect(history.events.map(({ data }) => data)).toEqual([7, 8, 9, 10]);
  expect(history.gap).toMatchObject({ reason: "trimmed" });
  expect((await world.channel.history()).events).toHaveLength(4);
  await world.channel.shutDown();
});

it("an iteration over a log trimmed by another process yields one gap", async () => {
  const { world, position } = await trimmedWorld();
  const items: unknown[] = [];
  for await (const { type, data } of world.channel.subscribe().after(position)) {
    items.push(type === "gap" ? "gap" : data);
    if (items.length === 5) break;
  }
  expect(items).toEqual(["gap", 7, 8, 9, 10]);
  await world.channel.shutDown();
});

it("a gap names the position before the events left if another process trims an own ID during its lookup", async () => {
  const { log, trimBeforeLookup } = trimmedByOthers();
  const { channel, connect } = await openWorld({ window: { events: 1 } }, {}, log);
  for (let n = 1; n <= 10; n++) await channel.publish("n", n, { id: `own ${n}` });
  await turns();
  trimBeforeLookup(6);
  const subscriber = connect(channel.subscribe(), "own 3");
  await expect.poll(() => read(subscriber).length).toBe(5);
  const [gap, ...rest] = subscriber.seen;
  const resumesAfter = `${(await channel.position()).split("-")[0]}-6`;
  expect(gap).toMatchObject({ type: "gap", lastEventId: resumesAfter });
  expect(JSON.parse(gap!.data)).toEqual({ reason: "unknown", lastEventId: "own 3", resumesAfter });
  expect(rest.map(({ data }) => JSON.parse(data))).toEqual([7, 8, 9, 10]);
});

/** Makes a log that restarts at the next `read`: a new life begins, and keeps all entries. */
function restartingLog() {
  const memory = memoryLog();
  let epoch = "one";
  let restarts = false;
  const log: Log = {
    shared: true,
    close: () => memory.close(),
    open: async (name, options) => {
      const inner = await memory.open(name, options);
      let listener: TailListener | undefined;
      const changed: Partial<ChannelLog> = {
        holds: (asked) => (asked === "one" && epoch === "two" ? inner.last : undefined),
        tail: (given) => inner.tail((listener = given)),
        async read(after, events, bytes) {
          if (restarts) epoch = "two";
          if (restarts) listener?.reset();
          restarts = false;
          return inner.read(after, events, bytes);
        },
      };
      return new Proxy(inner, {
        get(target, property) {
          if (property === "epoch") return epoch;
          const value = Reflect.get(property in changed ? changed : target, property);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    },
  };
  return { log, restartAtNextRead: () => void (restarts = true) };
}

it("a subscriber resumes from an own ID without a gap if a new life begins during its lookup", async () => {
  const { log, restartAtNextRead } = restartingLog();
  const { channel, connect } = await openWorld({ window: { events: 1 } }, {}, log);
  for (let n = 1; n <= 4; n++) await channel.publish("n", n, { id: `own/${n}` });
  await turns();
  restartAtNextRead();
  const subscriber = connect(channel.subscribe(), "own/2");
  await turns();
  expect(read(subscriber)).toEqual([3, 4]);
  await channel.shutDown();
});

it("a last event ID of another user's event looks like an ID that does not exist", async () => {
  const { channel, connect } = await openWorld();
  await channel.publish("n", "all");
  await channel.publish("n", "for ada", { id: "order-4711", topics: ["user:ada"] });
  await channel.publish("n", "all again");
  const resumed = async (topics: string[], id: string) => {
    const subscriber = connect(channel.subscribe({ topics }), id);
    await turns();
    subscriber.take();
    return subscriber.seen.map(({ type, data }) => (type === "gap" ? { ...JSON.parse(data), lastEventId: "?" } : data));
  };
  expect(await resumed(["user:ada"], "order-4711")).toEqual(["all again"]);
  const unknown = await resumed(["user:bob"], "order-9999");
  expect(unknown[0]).toMatchObject({ reason: "other-epoch" });
  expect(await resumed(["user:bob"], "order-4711")).toEqual(unknown);

  const historyOf = async (after: string) => channel.history({ after, topics: ["user:bob"] });
  const [known, missing] = await Promise.all([historyOf("order-4711"), historyOf("order-9999")]);
  expect({ ...known.gap, lastEventId: "?" }).toEqual({ ...missing.gap, lastEventId: "?" });
  expect(known.events).toEqual(missing.events);
  const items = channel.subscribe({ topics: ["user:bob"] }).after("order-4711");
  expect((await items.next()).value).toMatchObject({ type: "gap", data: { reason: "other-epoch" } });
  await items.return();
});

it("an event ID in `from` or `after` that is too long is a gap, not an error", async () => {
  const { channel, connect } = await openWorld();
  await channel.publish("n", 1);
  const id = "x".repeat(10_000);
  const subscriber = connect(channel.subscribe({ from: id }));
  await turns();
  expect(read(subscriber)).toMatchObject([{ reason: "unparsable" }, 1]);
  expect(await channel.history({ after: id })).toMatchObject({ gap: { reason: "unparsable" } });
});
