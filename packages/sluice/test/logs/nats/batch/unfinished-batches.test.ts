import { describe, expect, it } from "vitest";
import { createSluice } from "../../../../src/sluice.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { recorder } from "../../support/contracts/log-contract.ts";
import { BatchMessages } from "../support/batch-messages.ts";
import { entry, readAll, useNats } from "../support/use-nats.ts";

describe.skipIf(NATS_SERVER === undefined)("a batch in NATS whose publisher stops in the middle", () => {
  const nats = useNats();

  /** Sends a part of a batch of these entries from another process. */
  const send = async (count: number, entries = [entry(2), entry(3), entry(4)]) => {
    const batch = new BatchMessages(await nats.connect(), "epoch.publisher.1", entries);
    await batch.send(count);
    return batch;
  };
  const essence = (entries: Awaited<ReturnType<typeof readAll>>) =>
    entries.map(({ offset, isVoid, more, data }) => (isVoid ? [offset, "void"] : [offset, data, more]));

  it("is not part of the log, and does not hold up `sync()`", async () => {
    const channel = await nats.open();
    await channel.append([entry(1)]);
    const { seen, listener } = recorder();
    channel.tail(listener);
    await send(2);
    await channel.sync();
    expect(channel.last).toBe(1);
    expect(seen).toEqual([]);
    expect(await channel.read(1, 10, 1e6)).toEqual([]);
    const other = await nats.open();
    expect(other.last).toBe(1);
    await other.sync();
    expect(other.epoch).toBe(channel.epoch);
  });

  it("becomes void for every process with the next entry", async () => {
    const channel = await nats.open();
    await channel.append([entry(1)]);
    const { seen, listener } = recorder();
    channel.tail(listener);
    await send(2);
    const later = await nats.open();
    const laterSeen = recorder();
    later.tail(laterSeen.listener);
    expect(await channel.append([entry(5)])).toEqual([4]);
    const expected = [
      [2, "void"],
      [3, "void"],
      [4, "5", undefined],
    ];
    for (const each of [seen, laterSeen.seen]) await expect.poll(() => essence(each)).toEqual(expected);
    const third = await nats.open();
    expect(third).toMatchObject({ first: 1, last: 4 });
    const all = [[1, "1", undefined], ...expected];
    expect(essence(await readAll(third))).toEqual(all);
    // Pages that begin, or end, in the middle of it.
    for (const [after, events] of [
      [0, 2],
      [1, 1],
      [2, 1],
      [2, 5],
    ] as const) {
      const page = await third.read(after, events, 1e6);
      expect(essence(page as never)).toEqual(all.slice(after, after + events));
    }
  });

  it("becomes void with the first message of the next batch", async () => {
    const channel = await nats.open();
    await send(2);
    const next = new BatchMessages(await nats.connect(), "epoch.publisher.2", [entry(5), entry(6)]);
    await next.send(1);
    const { seen, listener } = recorder();
    const other = await nats.open();
    other.tail(listener);
    await next.send(1);
    const received = [
      [3, "5", 1],
      [4, "6", undefined],
    ];
    await expect.poll(() => essence(seen)).toEqual(received);
    expect(essence(await readAll(channel))).toEqual([[1, "void"], [2, "void"], ...received]);
  });

  it("becomes part of the log as a whole if its publisher goes on", async () => {
    const channel = await nats.open();
    const batch = await send(2);
    const other = await nats.open();
    const tails = [channel, other].map((each) => {
      const { seen, calls, listener } = recorder();
      each.tail(listener);
      return { seen, calls };
    });
    await batch.send(1);
    const expected = [
      [1, "2", 2],
      [2, "3", 1],
      [3, "4", undefined],
    ];
    for (const { seen, calls } of tails) {
      await expect.poll(() => essence(seen)).toEqual(expected);
      expect(calls).toEqual([3]);
    }
    expect(essence((await other.read(1, 1, 1e6)) as never)).toEqual([[2, "3", 1]]);
  });

  it.each(["a batch that becomes complete", "a batch that never does"])(
    "holds a bounded number of bytes: %s",
    async (what) => {
      const channel = await nats.open();
      // More than all channels of a process may hold.
      const large = Array.from({ length: 12 }, (_, i) => entry(i, { data: JSON.stringify("x".repeat(800_000)) }));
      const batch = await send(11, large);
      // It receives the messages late, and the first process receives them live.
      const other = await nats.open();
      const tails = [channel, other].map((each) => {
        const { seen, listener } = recorder();
        each.tail(listener);
        return seen;
      });
      await Promise.all([channel.sync(), other.sync()]);
      expect(tails).toEqual([[], []]);
      const isWhole = what.endsWith("complete");
      if (isWhole) await batch.send(1);
      const last = await channel.append([entry(99)]);
      const offsets = large.slice(isWhole ? 0 : 1).map((_, i) => i + 1);
      for (const seen of tails) {
        await expect.poll(() => seen.at(-1)?.offset).toBe(last[0]);
        expect(seen.map(({ offset }) => offset)).toEqual([...offsets, ...last]);
        expect(seen.map(({ isVoid = false }) => isVoid)).toEqual([...offsets.map(() => !isWhole), false]);
      }
    },
    40_000,
  );

  it("cannot go on after another entry", async () => {
    const channel = await nats.open();
    const batch = await send(2);
    await channel.append([entry(5)]);
    await expect(batch.send(1)).rejects.toThrow("wrong last msg ID");
  });

  it("leaves its own IDs free, before and after it is void", async () => {
    const channel = await nats.open();
    const own = (n: number) => entry(n, { id: "own" });
    await send(1, [own(2), entry(3)]);
    expect(await channel.positionOf("own")).toBeUndefined();
    // No other entry follows the batch: this one makes it void.
    expect(await channel.append([own(2)])).toEqual([2]);
    expect(await channel.append([own(2)])).toEqual([2]);
    expect(await channel.positionOf("own")).toBe(2);
    await new BatchMessages(await nats.connect(), "epoch.publisher.3", [
      entry(7),
      entry(8, { id: "else" }),
      entry(9),
    ]).send(2);
    await channel.append([entry(10)]);
    expect(await channel.positionOf("else")).toBeUndefined();
    expect(await channel.append([entry(11), entry(12, { id: "else" })])).toEqual([6, 7]);
    expect(await channel.append([entry(11), entry(12, { id: "else" })])).toEqual([0, 7]);
    expect(await channel.positionOf("else")).toBe(7);
  });

  it("does not get an own ID that another batch has taken meanwhile", async () => {
    const channel = await nats.open();
    const batch = await send(1, [entry(2, { id: "own" }), entry(3)]);
    expect(await channel.append([entry(4), entry(2, { id: "own" })])).toEqual([2, 3]);
    await expect(batch.send(1)).rejects.toThrow("wrong last msg ID");
    expect(await channel.positionOf("own")).toBe(3);
  });

  it("is invisible to subscribers, in history and in snapshots, and is not reported", async () => {
    const errors: unknown[] = [];
    await using sluice = createSluice({ log: nats.newLog(), onError: (error) => errors.push(error) });
    const orders = sluice.channel("orders", { latestBy: ({ type }) => type });
    const items = orders.subscribe()[Symbol.asyncIterator]();
    await orders.publish("n", 1);
    await send(2);
    const first = await orders.position();
    await orders.publishAll([
      { type: "n", data: 5 },
      { type: "n", data: 6 },
    ]);
    const taken = [await items.next(), await items.next(), await items.next()].map(({ value }) => value?.data);
    expect(taken).toEqual([1, 5, 6]);
    expect((await orders.history()).events.map(({ data }) => data)).toEqual([1, 5, 6]);
    expect(await orders.history({ after: first })).toMatchObject({
      events: [{ data: 5 }, { data: 6 }],
      gap: undefined,
    });
    const newest = orders.subscribe({ initial: "latest" })[Symbol.asyncIterator]();
    expect((await newest.next()).value).toMatchObject({ data: 6 });
    await Promise.all([items.return(), newest.return()]);
    expect(errors).toEqual([]);
  });
});
