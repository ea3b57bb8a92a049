import { afterEach, describe, expect, it } from "vitest";
import { createSluice, type Sluice } from "../../../src/index.ts";
import type { Log } from "../../../src/logs/log.ts";
import { SharedMemory } from "../../logs/support/shared-memory.ts";
import { readEventStream } from "../../support/patient-testing.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";
import { openWorld } from "../support/channel-world.ts";

const sluices: Sluice[] = [];
afterEach(async () => {
  for (const sluice of sluices.splice(0)) await sluice.close();
});

function make(log?: Log): Sluice {
  const sluice = createSluice({ ...(log && { log }), onError: () => undefined });
  sluices.push(sluice);
  return sluice;
}

const connect = async (sluice: Sluice, source: Parameters<Sluice["response"]>[1], lastEventId = "") =>
  readEventStream(
    await sluice.response(
      new Request("http://localhost/", { headers: lastEventId === "" ? {} : { "last-event-id": lastEventId } }),
      source,
    ),
  );

describe("a subscriber of a channel that is deleted", () => {
  it("receives a gap with the reason `deleted`, stays, and receives what is published later", async () => {
    const sluice = make();
    const doc = sluice.channel("doc");
    await using stream = await connect(sluice, doc.subscribe());
    await doc.publish("n", 1);
    const first = await stream.next();
    await doc.delete();
    const gap = await stream.next();
    expect(gap.type).toBe("gap");
    expect(JSON.parse(gap.data)).toMatchObject({ reason: "deleted", lastEventId: first.lastEventId });
    const id = await doc.publish("n", 2);
    expect(await stream.next()).toMatchObject({ type: "n", data: "2", lastEventId: id });
    expect(id).toMatch(/-1$/);
    expect(id).not.toBe(first.lastEventId);
  });

  it("can resume from the gap", async () => {
    const sluice = make();
    const doc = sluice.channel("doc");
    const stream = await connect(sluice, doc.subscribe());
    await doc.publish("n", 1);
    await doc.delete();
    const { lastEventId } = await stream.next(({ type }) => type === "gap");
    await stream.close();
    await doc.publish("n", 2);
    await using resumed = await connect(sluice, doc.subscribe(), lastEventId);
    expect(await resumed.next()).toMatchObject({ type: "n", data: "2" });
  });

  it("receives the gap when it returns with an ID of the deleted life", async () => {
    const sluice = make();
    const doc = sluice.channel("doc");
    const id = await doc.publish("n", 1);
    await doc.delete();
    await doc.publish("n", 2);
    await using stream = await connect(sluice, doc.subscribe(), id);
    expect(JSON.parse((await stream.next()).data)).toMatchObject({ reason: "deleted", lastEventId: id });
    expect(await stream.next()).toMatchObject({ type: "n", data: "2" });
  });

  it("receives the gap as an iteration, also one that lags behind", async () => {
    const doc = make().channel<{ n: number }>("doc", { window: { events: 1 } });
    for (let n = 1; n <= 5; n++) await doc.publish("n", n);
    const iteration = doc.subscribe({ from: "start" })[Symbol.asyncIterator]();
    expect((await iteration.next()).value).toMatchObject({ data: 1 });
    await doc.delete();
    await doc.publish("n", 6);
    const seen: unknown[] = [];
    while (seen.at(-1) !== 6) {
      const { value } = await iteration.next();
      seen.push(value?.type === "gap" ? value.data.reason : value?.data);
    }
    expect(seen.slice(-2)).toEqual(["deleted", 6]);
    await iteration.return?.();
  });

  it("receives the gap in `history()`", async () => {
    const doc = make().channel("doc");
    const after = await doc.publish("n", 1);
    await doc.delete();
    await doc.publish("n", 2);
    const { events, gap } = await doc.history({ after });
    expect(gap).toMatchObject({ reason: "deleted" });
    expect(events.map(({ data }) => data)).toEqual([2]);
  });

  it("receives the gap in `history()`, at whichever moment the channel is deleted or trimmed", async () => {
    for (let moment = 0; moment < 12; moment++) {
      const doc = make().channel("doc", { retain: { events: 1 } });
      const after = (await doc.publish("n", 0)).replace(/1$/, "0");
      await turns();
      const before = doc.history({ after });
      for (let i = 0; i < moment; i++) await null;
      await doc.delete();
      const { events, gap } = await before;
      expect([events.length, gap?.reason]).toEqual(gap ? [0, "deleted"] : [1, undefined]);
      await doc.publish("n", 1);
      const late = doc.history({ after });
      for (let i = 0; i < moment; i++) await null;
      await doc.publish("n", 2);
      expect((await late).gap).toMatchObject({ reason: "deleted" });
    }
  });

  it("receives an empty snapshot of `latestBy`", async () => {
    const sluice = make();
    const doc = sluice.channel<{ n: { key: string } }>("doc", { latestBy: ({ data }) => data.key });
    await doc.publish("n", { key: "a" });
    await using stream = await connect(sluice, doc.subscribe({ initial: "latest" }));
    expect(await stream.next()).toMatchObject({ data: '{"key":"a"}' });
    await doc.delete();
    expect(await stream.next()).toMatchObject({ type: "gap" });
    await doc.publish("n", { key: "b" });
    expect(await stream.next()).toMatchObject({ data: '{"key":"b"}' });
  });
});

describe("`channel.delete()`", () => {
  it("leaves nothing in the process if nothing uses the channel, and it can be used anew", async () => {
    const sluice = make();
    const doc = sluice.channel("doc");
    const before = await doc.publish("n", 1);
    await doc.delete();
    await expect.poll(() => sluice.stats().channelCount).toBe(0);
    const after = await doc.publish("n", 1);
    expect(after).toMatch(/-1$/);
    expect(after).not.toBe(before);
    expect(sluice.channel("doc")).toBe(doc);
  });

  it("resolves for a channel that does not exist, and when it is repeated", async () => {
    const doc = make().channel("doc");
    await doc.delete();
    await Promise.all([doc.delete(), doc.delete()]);
    expect((await doc.history()).events).toEqual([]);
  });

  it("keeps a publish that follows it, without waiting", async () => {
    const doc = make().channel("doc");
    await doc.publish("n", 1);
    const deleted = doc.delete();
    const published = doc.publish("n", 2);
    await deleted;
    expect(await published).toMatch(/-1$/);
    expect((await doc.history()).events.map(({ data }) => data)).toEqual([2]);
  });

  it("counts the events that are published in each life", async () => {
    const sluice = make();
    const doc = sluice.channel("doc");
    for (let i = 0; i < 3; i++) await doc.publish("n", i);
    await doc.delete();
    await doc.publish("n", 4);
    expect(sluice.stats().published).toBe(4);
  });

  it("rejects if the log is out of reach, and then nothing is deleted", async () => {
    const log = new SharedMemory().open();
    const doc = make(log).channel("doc");
    await doc.publish("n", 1);
    log.isCut = true;
    await expect(doc.delete()).rejects.toMatchObject({ code: "LOG_FAILED" });
    log.isCut = false;
    expect((await doc.history()).events.map(({ data }) => data)).toEqual([1]);
  });

  it("rejects after the Sluice is closed", async () => {
    const sluice = make();
    const doc = sluice.channel("doc");
    await sluice.close();
    await expect(doc.delete()).rejects.toMatchObject({ code: "CLOSED" });
  });
});

describe("a channel that another process deletes", () => {
  it("gives its subscribers everywhere the gap, and then the events of all processes", async () => {
    const store = new SharedMemory();
    const [here, there] = [make(store.open()), make(store.open())];
    await using stream = await connect(here, here.channel("doc").subscribe());
    await there.channel("doc").publish("n", 1);
    expect(await stream.next()).toMatchObject({ data: "1" });
    await there.channel("doc").delete();
    expect(JSON.parse((await stream.next()).data)).toMatchObject({ reason: "deleted" });
    await there.channel("doc").publish("n", 2);
    expect(await stream.next()).toMatchObject({ type: "n", data: "2" });
  });

  it("closes in a process that does not use it", async () => {
    const store = new SharedMemory();
    const [here, there] = [make(store.open()), make(store.open())];
    await here.channel("doc").publish("n", 1);
    await there.channel("doc").delete();
    await until("the channel closes", () => here.stats().channelCount === 0);
    expect(await here.channel("doc").publish("n", 2)).toMatch(/-1$/);
  });

  it("is opened once if this process closes it at that moment and uses it again", async () => {
    const { channel, log } = await openWorld();
    await turns();
    const before = log();
    void channel.close();
    const first = channel.publish("n", 1);
    // As if the log noticed a deletion of another process.
    void before.delete();
    const second = channel.publish("n", 2);
    const [epoch, offset] = (await first).split("-");
    expect([offset, await second]).toEqual(["1", `${epoch}-2`]);
  });
});
