import { describe, expect, it } from "vitest";
import type { Log } from "../../src/logs/log.ts";
import { memoryLog } from "../../src/logs/memory/memory-log.ts";
import { turns } from "../support/turns.ts";
import { channelWorld, read } from "./support/channel-world.ts";

/** Makes a log that cannot be opened while `isBroken` is true. */
function brokenLog() {
  const memory = memoryLog();
  const broken = {
    isBroken: true,
    attempts: 0,
    log: {
      shared: true,
      async open(name, options) {
        broken.attempts++;
        await turns(1);
        if (broken.isBroken) throw new Error("connection refused");
        return memory.open(name, options);
      },
      close: () => memory.close(),
    } satisfies Log,
  };
  return broken;
}

const refusal = {
  name: "SluiceError",
  code: "LOG_FAILED",
  message: 'The log of channel "orders" could not be opened: connection refused',
  cause: { message: "connection refused" },
};

describe("a channel whose log cannot be opened", () => {
  it("rejects every call, and reports nothing besides", async () => {
    const { log } = brokenLog();
    const { channel, errors } = channelWorld({}, {}, log);
    // A handler of a framework that lets the error pass answers with 503.
    const answer = { status: 503, statusCode: 503, headers: { "retry-after": "2" } };
    await expect(channel.publish("n", 1)).rejects.toMatchObject({ ...refusal, ...answer });
    await expect(channel.history()).rejects.toMatchObject(refusal);
    await expect(channel.position()).rejects.toMatchObject(refusal);
    await expect(channel.subscribe()[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal);
    expect(channel.stats()).toMatchObject({ subscribers: 0, retained: 0 });
    expect(errors).toEqual([]);
  });

  it("is not opened before its first use", async () => {
    const broken = brokenLog();
    const { channel } = channelWorld({}, {}, broken.log);
    channel.subscribe();
    channel.stats();
    channel.presence();
    await turns();
    await channel.shutDown();
    expect(broken.attempts).toBe(0);
  });

  it.each<[string, (world: ReturnType<typeof channelWorld>) => unknown]>([
    ["a publish", ({ channel }) => channel.publish("n", 1)],
    ["a stream that only subscribes", ({ channel, connect }) => connect(channel.subscribe()).closed],
    ["an iteration", ({ channel }) => channel.subscribe()[Symbol.asyncIterator]().next()],
    ["a look at the history", ({ channel }) => channel.history()],
    ["a look at the position", ({ channel }) => channel.position()],
  ])("is opened by %s", async (_, use) => {
    const broken = brokenLog();
    await Promise.resolve(use(channelWorld({}, {}, broken.log))).catch(() => undefined);
    expect(broken.attempts).toBe(1);
  });

  it("tries again with the next call, once for all calls of the same moment", async () => {
    const broken = brokenLog();
    const { channel, connect } = channelWorld({}, {}, broken.log);
    await expect(channel.position()).rejects.toMatchObject(refusal);
    broken.isBroken = false;
    const subscriber = connect(channel.subscribe({ from: "start" }));
    await Promise.all([channel.publish("n", 1), channel.publish("n", 2), channel.position()]);
    await turns();
    expect(read(subscriber)).toEqual([1, 2]);
    expect(broken.attempts).toBe(2);
  });

  it("answers a stream with 503 without details, and reports the failure", async () => {
    const { log } = brokenLog();
    const { channel, connect, errors, hub } = channelWorld({}, {}, log);
    const subscriber = connect(channel.subscribe());
    expect(await subscriber.closed).toBe("refused");
    expect(subscriber).toMatchObject({ status: 503, written: 0 });
    expect(errors.at(-1)).toMatchObject({ error: refusal, context: { stage: "source" } });
    expect(hub.opening.size).toBe(0);
  });

  it("rejects with CLOSED once it is closed", async () => {
    const { log } = brokenLog();
    const { channel } = channelWorld({}, {}, log);
    await channel.shutDown();
    await expect(channel.position()).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("a channel that is still being opened", () => {
  /** Makes a memory log whose opening waits for a call of `open`. */
  function heldLog() {
    const memory = memoryLog();
    let open!: () => void;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const log: Log = {
      shared: false,
      async open(name, options) {
        await opened;
        return memory.open(name, options);
      },
      close: () => memory.close(),
    };
    return { log, open };
  }

  it("keeps the order of the calls, including calls at the moment of opening", async () => {
    const { log, open } = heldLog();
    const { channel } = channelWorld({}, {}, log);
    const published: Promise<string>[] = [];
    const publish = () => published.push(channel.publish("n", published.length));
    for (let n = 0; n < 10; n++) publish();
    open();
    // One publish in each microtask that follows the opening.
    while (channel.stats().retained < 10) {
      for (let tick = 0; tick < 50; tick++) {
        publish();
        await Promise.resolve();
      }
      await turns(1);
    }
    await Promise.all(published);
    const { events } = await channel.history({ limit: 10_000 });
    expect(events.map(({ data }) => data)).toEqual(published.map((_, n) => n));
  });

  it("copies the data at the time of the call", async () => {
    const { log, open } = heldLog();
    const { channel } = channelWorld({}, {}, log);
    const [data, topics] = [{ n: 1 }, ["a"]];
    const published = channel.publish("n", data, { topics });
    data.n = 2;
    topics[0] = "b";
    open();
    await published;
    const { events } = await channel.history({ topics: "*" });
    expect(events).toMatchObject([{ data: { n: 1 }, topics: ["a"] }]);
  });

  it("refuses an invalid event without the log, and starts an iteration at the position of its call", async () => {
    const { log, open } = heldLog();
    const { channel } = channelWorld({}, {}, log);
    await expect(channel.publish("", 1)).rejects.toMatchObject({ code: "INVALID_FIELD" });
    const before = channel.publish("n", 1);
    const events = channel.subscribe()[Symbol.asyncIterator]();
    const after = channel.publish("n", 2);
    open();
    await Promise.all([before, after]);
    expect((await events.next()).value).toMatchObject({ data: 2 });
    await events.return();
    expect(channel.stats().cohorts).toBe(0);
  });

  it("releases an iteration that has ended meanwhile", async () => {
    const { log, open } = heldLog();
    const { channel } = channelWorld({}, {}, log);
    const events = channel.subscribe()[Symbol.asyncIterator]();
    const next = events.next();
    const ended = events.return();
    open();
    expect(await ended).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(channel.stats()).toMatchObject({ cohorts: 0 });
  });
});
