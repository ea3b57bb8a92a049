import { afterEach, describe, expect, it, vi } from "vitest";
import { sleep } from "../../../src/base/time/timers.ts";
import { IdleChannels } from "../../../src/channel/known/idle-channels.ts";
import { type Channel, createSluice, type Sluice, type SluiceOptions } from "../../../src/index.ts";
import { memoryLog } from "../../../src/logs/memory/memory-log.ts";
import { stopClock } from "../../support/clocks/clock.ts";
import { usedHeap } from "../../support/heap.ts";
import { readEventStream } from "../../support/patient-testing.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

const IDLE_MS = 100;
/** Long enough that an idle channel has closed. */
const CLOSED_MS = 400;

let sluice: Sluice;
afterEach(() => sluice.close());

function make(options: SluiceOptions = {}): Sluice {
  sluice = createSluice(options);
  return sluice;
}

const request = (lastEventId = "") =>
  new Request("http://localhost/", { headers: lastEventId === "" ? {} : { "last-event-id": lastEventId } });

describe("an idle channel", () => {
  it("closes after `idleTimeout`, keeps its events, and is opened again by its next use", async () => {
    const { channelCount } = make({ idleTimeout: IDLE_MS }).stats();
    expect(channelCount).toBe(0);
    const first = await sluice.channel("doc").publish("n", 1);
    expect(sluice.stats()).toMatchObject({ channelCount: 1, channels: { doc: { retained: 1 } } });
    await expect.poll(() => sluice.stats().channelCount).toBe(0);
    const second = await sluice.channel("doc").publish("n", 2);
    const [epoch] = first.split("-");
    expect(second).toBe(`${epoch}-2`);
    const { events } = await sluice.channel("doc").history();
    expect(events.map(({ data }) => data)).toEqual([1, 2]);
  });

  it("is no channel with a stream, an iteration, or a publish, `history()` or `position()` now and then", async () => {
    const log = memoryLog();
    const open = vi.fn(log.open.bind(log));
    using _clock = stopClock();
    make({ idleTimeout: IDLE_MS, log: { shared: false, open, close: () => log.close() } });
    const streamed = sluice.channel("streamed");
    await using stream = await readEventStream(await sluice.response(request(), streamed.subscribe()));
    const iterated = sluice.channel("iterated");
    const iteration = iterated.subscribe()[Symbol.asyncIterator]();
    const next = iteration.next();
    const [published, read, asked] = ["published", "read", "asked"].map((name) => sluice.channel(name)) as Channel[];
    for (let ms = 0; ms < 5 * IDLE_MS; ms += IDLE_MS / 10) {
      await Promise.all([published!.publish("n", 1), read!.history(), asked!.position()]);
      vi.advanceTimersByTime(IDLE_MS / 10);
      await turns();
    }
    expect(Object.keys(sluice.stats().channels)).toHaveLength(5);
    expect(open, "none was closed and opened again").toHaveBeenCalledTimes(5);
    await iterated.publish("n", 2);
    expect(await next).toMatchObject({ value: { data: 2 } });
    await streamed.publish("n", 3);
    expect(await stream.next()).toMatchObject({ type: "n", data: "3" });
    await iteration.return?.();
    await stream.close();
    for (let looks = 0; looks < 10; looks++) {
      vi.advanceTimersByTime(IDLE_MS / 4);
      await turns();
    }
    expect(sluice.stats().channelCount).toBe(0);
  });

  it("stays the same object for a program that has it", async () => {
    const channel = make({ idleTimeout: IDLE_MS }).channel("doc", { retain: { events: 2 } });
    await channel.publish("n", 1);
    await expect.poll(() => sluice.stats().channelCount).toBe(0);
    expect(sluice.channel("doc")).toBe(channel);
    expect(() => sluice.channel("doc", { retain: { events: 3 } })).toThrow(/other options: retain/);
    for (const n of [2, 3]) await channel.publish("n", n);
    expect((await sluice.channel("doc").history()).events.map(({ data }) => data)).toEqual([2, 3]);
  });

  it("never closes by default", async () => {
    await make().channel("doc").publish("n", 1);
    await sleep(CLOSED_MS);
    expect(sluice.stats().channelCount).toBe(1);
  });

  it("was counted: totals of the Sluice do not fall when it closes", async () => {
    make({ idleTimeout: IDLE_MS });
    await sluice.channel("doc").publish("n", 1);
    await expect.poll(() => sluice.stats().channelCount).toBe(0);
    expect(sluice.stats()).toMatchObject({ published: 1, channels: {} });
  });

  it("is found by a look at some channels in each turn: the event loop never waits for all of them", async () => {
    make();
    let turn = 0;
    const looks = new Map<number, number>();
    const opened = {
      get value() {
        looks.set(turn, (looks.get(turn) ?? 0) + 1);
        return { uses: 0, isUnused: false };
      },
      isPending: false,
    };
    const close = async () => undefined;
    const names = Array.from({ length: 10_000 }, (_, i) => `doc:${i}`);
    const channels = new Map(names.map((name) => [name, { name, opened, close, abandon() {} }]));
    const keeper = new IdleChannels({ channels, settings: { maxChannels: 1e6, idleTimeout: IDLE_MS } });
    const all = () => [...looks.values()].reduce((sum, n) => sum + n, 0);
    for (; all() < 10_000; turn++) await new Promise(setImmediate);
    keeper.stop();
    expect(Math.max(...looks.values())).toBeLessThan(5_000);
  });

  it("leaves nothing behind in the process: thousands of names that were used once are forgotten", async () => {
    make({ idleTimeout: IDLE_MS });
    const refs: WeakRef<object>[] = [];
    await Promise.all(
      Array.from({ length: 2_000 }, async (_, i) => {
        const channel = sluice.channel(`doc:${i}`);
        refs.push(new WeakRef(channel));
        await channel.position();
      }),
    );
    expect(sluice.stats().channelCount).toBe(2_000);
    await expect.poll(() => sluice.stats().channelCount).toBe(0);
    const left = async () => {
      await usedHeap();
      return refs.filter((ref) => ref.deref() !== undefined).length / refs.length;
    };
    await expect.poll(left).toBeLessThan(0.01);
  });
});

describe("`channel.close()`", () => {
  it("ends the streams of the channel, whose subscribers resume without a gap, and no others", async () => {
    make();
    const doc = sluice.channel("doc");
    const other = await readEventStream(await sluice.response(request(), sluice.channel("other").subscribe()));
    const stream = await readEventStream(await sluice.response(request(), doc.subscribe()));
    await doc.publish("n", 1);
    await doc.close();
    expect(await stream.rest()).toMatchObject([{ type: "n", data: "1" }]);
    expect(sluice.stats()).toMatchObject({ streams: 1, closed: { drained: 1 }, channelCount: 1 });
    await doc.publish("n", 2);
    const resumed = await readEventStream(await sluice.response(request(stream.lastEventId), doc.subscribe()));
    expect(await resumed.next()).toMatchObject({ type: "n", data: "2" });
    for (const each of [other, resumed]) await each.close();
  });

  it("ends iterations, also one that is read later", async () => {
    const doc = make().channel("doc");
    const iteration = doc.subscribe({ from: "start" })[Symbol.asyncIterator]();
    await doc.publish("n", 1);
    expect(await iteration.next()).toMatchObject({ value: { data: 1 } });
    const next = iteration.next();
    await doc.close();
    expect(await next).toMatchObject({ done: true });
    expect(await iteration.next()).toMatchObject({ done: true });
  });

  it("waits for publishes in flight, and takes those that follow", async () => {
    const doc = make().channel("doc");
    const publishes = [1, 2, 3].map((n) => doc.publish("n", n));
    const closing = doc.close();
    publishes.push(doc.publish("n", 4));
    await closing;
    expect((await Promise.all(publishes)).map((id) => id.split("-")[1])).toEqual(["1", "2", "3", "4"]);
    expect((await doc.history()).events.map(({ data }) => data)).toEqual([1, 2, 3, 4]);
  });

  it("does nothing to a channel that is not open, and may be called again", async () => {
    const doc = make().channel("doc");
    await Promise.all([doc.close(), doc.close()]);
    await doc.close();
    expect(await doc.publish("n", 1)).toMatch(/-1$/);
  });

  it("keeps the events and their IDs when it is called again before the channel has closed", async () => {
    const doc = make().channel("doc");
    const id = await doc.publish("n", 1);
    void doc.close();
    void doc.close();
    const next = await doc.publish("n", 2);
    expect(next).toBe(id.replace(/-1$/, "-2"));
    expect((await doc.history()).events).toMatchObject([{ id }, { id: next }]);
  });

  it("does nothing to the channel of jobs", async () => {
    const jobs = make().jobs("exports");
    const job = jobs.start(async ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
    await using stream = await readEventStream(await sluice.response(request(), jobs.progress(job.id)));
    await sluice.channel("jobs:exports").close();
    expect(sluice.stats().streams).toBe(1);
    await stream.close();
  });

  it("does not keep the Sluice from closing: a closed channel then rejects", async () => {
    const doc = make().channel("doc");
    await doc.publish("n", 1);
    await doc.close();
    await sluice.close();
    await expect(doc.publish("n", 2)).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("`maxChannels`", () => {
  it("refuses a name beyond it with 503, and keeps nothing of the name", async () => {
    make({ maxChannels: 2 });
    for (const name of ["a", "b"]) await sluice.channel(name).publish("n", 1);
    const refusal = { code: "TOO_MANY_CHANNELS", status: 503, statusCode: 503 };
    expect(() => sluice.channel("c")).toThrow(expect.objectContaining(refusal));
    const refused = await sluice.response(request(), () => sluice.channel("c").subscribe());
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("2");
    expect(Object.keys(sluice.stats().channels)).toEqual(["a", "b"]);
    expect(sluice.channel("a")).toBe(sluice.channel("a"));
  });

  it("has room again after `idleTimeout`, or `close()`, if the names were never used", async () => {
    make({ maxChannels: 2, idleTimeout: 100 });
    for (const name of ["a", "b"]) sluice.channel(name);
    expect(() => sluice.channel("c")).toThrow(expect.objectContaining({ code: "TOO_MANY_CHANNELS" }));
    await until("there is room", () => sluice.stats().channelCount === 0);
    const c = sluice.channel("c");
    expect(sluice.channel("c")).toBe(c);
    make({ maxChannels: 1 });
    const a = sluice.channel("a");
    await a.close();
    await sluice.channel("b").close();
    await a.publish("n", 1);
    expect(sluice.channel("a")).toBe(a);
  });

  it("has room again when a channel has closed, and refuses a closed one that is used beyond it", async () => {
    make({ maxChannels: 1 });
    const a = sluice.channel("a");
    await a.publish("n", 1);
    await a.close();
    const b = sluice.channel("b");
    await b.publish("n", 1);
    await expect(a.publish("n", 2)).rejects.toMatchObject({ code: "TOO_MANY_CHANNELS" });
    await b.close();
    expect(await a.publish("n", 2)).toMatch(/-2$/);
  });
});

describe("the figures of channels", () => {
  it("have a bounded size, and so has `health()`, however many channels there are", async () => {
    make();
    const sizeAfter = async (from: number, to: number) => {
      for (let i = from; i < to; i++) await sluice.channel(`doc:${i}`).publish("n", i);
      return [sluice.stats(), sluice.health()].map((figures) => JSON.stringify(figures).replace(/\d+/g, "0").length);
    };
    expect(await sizeAfter(100, 500)).toEqual(await sizeAfter(500, 1_000));
  });

  it("are of the first 50, and the others are added up", async () => {
    make();
    for (let i = 0; i < 60; i++) await sluice.channel(`doc:${i}`).publish("n", i);
    const { channels, otherChannels, channelCount, published } = sluice.stats();
    expect(Object.keys(channels)).toHaveLength(50);
    expect(otherChannels).toMatchObject({ published: 10, retained: 10, window: { events: 10 } });
    expect([channelCount, published]).toEqual([60, 60]);
  });

  it("are of those that the caller names", async () => {
    make();
    for (const name of ["a", "b", "c"]) await sluice.channel(name).publish("n", 1);
    expect(Object.keys(sluice.stats({ channels: (name) => name === "c" }).channels)).toEqual(["c"]);
    expect(Object.keys(sluice.stats({ channels: 2 }).channels)).toEqual(["a", "b"]);
    expect(sluice.stats({ channels: 0 }).otherChannels).toMatchObject({ published: 3 });
    expect(Object.keys(sluice.stats({ channels: Number.POSITIVE_INFINITY }).channels)).toHaveLength(3);
  });

  it.each([
    [{ chanels: 5 }, "stats has no option `chanels`. It has: channels. Did you mean `channels`?"],
    [{ channels: -1 }, "`channels` must be a number of at least 0 or Infinity, but is -1."],
    [{ channels: ["a"] }, "`channels` must be a number of at least 0 or Infinity, but is an array of 1."],
    [null, "`stats options` must be an object, but is null."],
  ])("refuse the options %j", (options, message) => {
    make();
    expect(() => sluice.stats(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION", message }));
  });
});
