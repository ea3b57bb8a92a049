import { describe, expect, it } from "vitest";
import { turns } from "../../support/turns.ts";
import { openWorld } from "../support/channel-world.ts";

it("iterates over a subscription without HTTP", async () => {
  const { channel } = await openWorld();
  const items = channel.subscribe({ topics: ["a"] })[Symbol.asyncIterator]();
  await channel.publish("n", 1, { topics: ["b"] });
  const id = await channel.publish("n", { two: 2 }, { topics: ["a"] });
  expect((await items.next()).value).toMatchObject({ type: "n", id, data: { two: 2 } });
  await items.return();
});

it("starts at the position of the channel when the iterator was made", async () => {
  const { channel } = await openWorld();
  await channel.publish("n", 0);
  const items = channel.subscribe()[Symbol.asyncIterator]();
  await channel.publish("n", 1);
  expect((await items.next()).value).toMatchObject({ data: 1 });
  await items.return();
});

it("continues after an event ID", async () => {
  const { channel } = await openWorld();
  const id = await channel.publish("n", 1);
  await channel.publish("n", 2);
  for await (const item of channel.subscribe().after(id)) {
    expect(item.data).toBe(2);
    break;
  }
});

it("ends a pending next() with return()", async () => {
  const { channel } = await openWorld();
  const items = channel.subscribe()[Symbol.asyncIterator]();
  const pending = items.next();
  await turns();
  await items.return();
  expect(await pending).toEqual({ done: true, value: undefined });
  expect(channel.stats()).toMatchObject({ cohorts: 0 });
});

it("ends a pending snapshot with return()", async () => {
  const { channel } = await openWorld();
  const initial = async function* ({ signal }: { signal: AbortSignal }) {
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    yield* [];
  };
  const items = channel.subscribe({ initial })[Symbol.asyncIterator]();
  const pending = items.next();
  await turns();
  await items.return();
  expect((await pending).done).toBe(true);
  expect(channel.stats()).toMatchObject({ cohorts: 0 });
});

it("ends when the channel closes", async () => {
  const { channel } = await openWorld();
  const items = channel.subscribe()[Symbol.asyncIterator]();
  const pending = items.next();
  await turns();
  await channel.shutDown();
  expect((await pending).done).toBe(true);
});

it("ends when the channel closes while it looks up an ID of a publisher", async () => {
  const { channel, log } = await openWorld();
  await channel.publish("n", 1, { id: "own/1" });
  let fail: ((error: Error) => void) | undefined;
  log().positionOf = () => new Promise((_, reject) => (fail = reject));
  const items = channel.subscribe().after("own/1");
  const pending = items.next();
  await expect.poll(() => fail).toBeDefined();
  await channel.close();
  fail?.(new Error("The log is closed."));
  expect(await pending).toEqual({ done: true, value: undefined });
});

describe("an iteration of a channel that closes while it reads from the log", () => {
  /** Resolves to the result of `next()`, if the log answers once it has closed and then begun a new life. */
  async function nextAcrossLives(inNextLife: number): Promise<IteratorResult<unknown>> {
    const { channel, log } = await openWorld({ retain: { events: 4 }, window: { events: 1 } });
    for (let n = 1; n <= 4; n++) await channel.publish("n", n);
    const opened = log();
    const read = opened.read.bind(opened);
    let isAsked = false;
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    opened.read = async (...range) => {
      isAsked = true;
      await answered;
      return read(...range);
    };
    const pending = channel.subscribe({ from: "start" })[Symbol.asyncIterator]().next();
    await expect.poll(() => isAsked).toBe(true);
    await channel.close();
    // Another process deletes the channel, and publishes into its next life.
    await opened.delete();
    for (let n = 1; n <= inNextLife; n++)
      await opened.append([{ type: "n", data: `${n * 10}`, json: true, topics: undefined, id: undefined }]);
    answer();
    return pending;
  }

  it("ends without an event of the log's next life", async () => {
    expect(await nextAcrossLives(2)).toEqual({ done: true, value: undefined });
  });

  it("ends without a gap that names a position of the log's next life", async () => {
    expect(await nextAcrossLives(9)).toEqual({ done: true, value: undefined });
  });
});

it("rejects when the log fails while it looks up an ID of a publisher", async () => {
  const { channel, log } = await openWorld();
  await channel.publish("n", 1, { id: "own/1" });
  log().positionOf = () => Promise.reject(new Error("The store is down."));
  await expect(channel.subscribe().after("own/1").next()).rejects.toThrow("The store is down.");
});

it("yields a gap after falling behind, and continues with the kept events", async () => {
  const { channel } = await openWorld({ retain: { events: 3 }, window: { events: 2 } });
  const items = channel.subscribe()[Symbol.asyncIterator]();
  await channel.publish("n", 0);
  expect((await items.next()).value).toMatchObject({ data: 0 });
  for (let n = 1; n <= 20; n++) await channel.publish("n", n);
  const got = [];
  for (let i = 0; i < 4; i++) got.push((await items.next()).value);
  expect(got).toMatchObject([{ type: "gap", data: { reason: "trimmed" } }, { data: 18 }, { data: 19 }, { data: 20 }]);
  await items.return();
});

it("yields the snapshot first if the subscription has one", async () => {
  const { channel } = await openWorld({ latestBy: ({ type }) => type });
  await channel.publish("metric", 1);
  await channel.publish("metric", 2);
  const items = channel.subscribe({ initial: "latest" })[Symbol.asyncIterator]();
  expect((await items.next()).value).toMatchObject({ type: "metric", data: 2, id: undefined });
  await channel.publish("metric", 3);
  expect((await items.next()).value).toMatchObject({ data: 3 });
  await items.return();
});

it("yields copies: a change by one caller does not reach another", async () => {
  const { channel } = await openWorld();
  const [one, two] = [0, 1].map(() => channel.subscribe()[Symbol.asyncIterator]());
  await channel.publish("n", { n: 1 });
  const first = (await one!.next()).value as { data: { n: number } };
  first.data.n = 9;
  expect((await two!.next()).value).toMatchObject({ data: { n: 1 } });
  await Promise.all([one!.return(), two!.return()]);
});
