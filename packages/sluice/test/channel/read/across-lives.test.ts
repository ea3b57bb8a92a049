import { expect, it } from "vitest";
import type { Log } from "../../../src/logs/log.ts";
import { MemoryChannelLog } from "../../../src/logs/memory/memory-channel-log.ts";
import { turns } from "../../support/turns.ts";
import { openWorld, read } from "../support/channel-world.ts";
import { dataOf, LETTERS, openWorldWithLives } from "../support/log-with-lives.ts";

it("a position of an earlier life ahead of what this process has received waits until the entries arrive", async () => {
  const { store, channel, connect } = await openWorldWithLives();
  const epoch = (await channel.position()).split("-")[0];
  store.appendElsewhere("f", "g");
  store.loseAfter(7, "h");
  store.enterLife();
  const release = store.hold();
  const subscriber = connect(channel.subscribe(), `${epoch}-7`);
  await turns();
  subscriber.take();
  expect(subscriber.lastEventId).toBe(`${epoch}-7`);
  release();
  await turns();
  expect(dataOf(subscriber)).toEqual(["h"]);
  expect(channel.stats()).toMatchObject({ live: 1, lagging: 0 });
});

it("a publisher's own ID that is lost during its lookup is a gap", async () => {
  const { store, channel, connect } = await openWorldWithLives();
  await channel.publish("n", "own", { id: "own" });
  const subscriber = connect(channel.subscribe(), "own");
  const items = channel.subscribe().after("own");
  const release = store.hold();
  await turns();
  store.loseAfter(5, "F", "G");
  store.receiveAll();
  release();
  await turns();
  expect(dataOf(subscriber)).toEqual(["gap", ...LETTERS, "F", "G"]);
  expect((await items.next()).value).toMatchObject({ type: "gap" });
  expect((await items.next()).value).toMatchObject({ data: "a" });
  await items.return();
});

it("a history that spans two lives has no event that was lost", async () => {
  const { store, channel } = await openWorldWithLives();
  const release = store.hold();
  const history = channel.history({ limit: 3 });
  await turns();
  store.loseAfter(3, "D");
  store.receiveAll();
  release();
  const { events, position } = await history;
  expect(events.map(({ data }) => data)).toEqual(["b", "c", "D"]);
  expect(position).toBe(await channel.position());
});

it("a snapshot that is loading when a new life begins waits for the events of the new life", async () => {
  const { store, channel, connect } = await openWorldWithLives({ latestBy: ({ data }) => String(data) });
  const releaseFirst = store.hold();
  store.loseAfter(4);
  store.receiveAll();
  const subscriber = connect(channel.subscribe({ initial: "latest" }));
  store.appendElsewhere("e", "lost");
  store.receiveAll();
  const releaseSecond = store.hold();
  store.loseAfter(5, "f");
  store.receiveAll();
  releaseFirst();
  await turns();
  expect(dataOf(subscriber)).toEqual([]);
  releaseSecond();
  await turns();
  expect(dataOf(subscriber)).toEqual(["a", "b", "c", "d", "e", "f"]);
});

it("a subscriber with a publisher's own ID from before a loss receives a gap and continues after it", async () => {
  const { log, lose } = losingLog();
  const { channel, connect } = await openWorld({}, {}, log);
  await channel.publish("n", 1, { id: "own/1" });
  lose();
  await channel.publish("n", 2);
  const subscriber = connect(channel.subscribe(), "own/1");
  await expect.poll(() => read(subscriber)).toHaveLength(2);
  const [gap, event] = subscriber.seen;
  expect(gap).toMatchObject({ type: "gap" });
  expect(JSON.parse(gap!.data)).toMatchObject({ reason: "other-epoch", lastEventId: "own/1" });
  expect(event!.data).toBe("2");
  subscriber.disconnect();
  await channel.shutDown();
});

/** Makes a memory log that can report a loss after its newest entry. */
function losingLog() {
  const inner = new MemoryChannelLog({ events: 100, bytes: 1e6, age: 1e9 });
  let lostAfter = 0;
  const log: Log = {
    shared: false,
    open: () => Object.defineProperty(inner, "lostAfter", { get: () => lostAfter }),
    close: () => inner.close(),
  };
  return {
    log,
    lose: () => {
      lostAfter = inner.last;
    },
  };
}
