import { createClient } from "redis";
import { expect, it } from "vitest";
import type { ChannelLog } from "../../../../src/logs/log.ts";
import { expectRoundBelow } from "../../../support/rounds.ts";
import { joinMany, numbered } from "../support/many-channels.ts";
import { useRedis } from "../support/use-redis.ts";

/** More than one XREAD names. */
const CHANNELS = 300;

const test = useRedis();

const join = (url: string) => joinMany(test, url, CHANNELS);

it("receives the entries of many channels, in order, each once, from another process", async () => {
  const { port } = await test.start();
  const url = `redis://127.0.0.1:${port}`;
  const [here, there] = [await join(url), await join(url)];
  for (let n = 1; n <= 5; n++) await Promise.all(there.channels.map((channel) => channel.append([numbered(n)])));
  const all = Array(CHANNELS).fill(["1", "2", "3", "4", "5"]);
  await expect.poll(() => here.seen).toEqual(all);
  await expect.poll(() => there.seen).toEqual(all);
});

it("receives an entry of one of many channels soon, although no read names its channel", async () => {
  const { port } = await test.start();
  const url = `redis://127.0.0.1:${port}`;
  const [here, there] = [await join(url), await join(url)];
  await there.channels[0]!.append([numbered(1)]);
  await expect.poll(() => here.seen[0]).toEqual(["1"]);
  let n = 1;
  const delay = async () => {
    const before = performance.now();
    await there.channels[290]!.append([numbered(++n)]);
    await expect.poll(() => here.seen[290]!.at(-1), { interval: 5 }).toBe(`${n}`);
    return performance.now() - before;
  };
  await expectRoundBelow(250, delay, 20);
});

it("reads all channels if the stream of changes was lost meanwhile", async () => {
  const { port } = await test.start();
  const url = `redis://127.0.0.1:${port}`;
  const [here, there] = [await join(url), await join(url)];
  await there.channels[7]!.append([numbered(1)]);
  await expect.poll(() => here.seen[7]).toEqual(["1"]);
  const client = await createClient({ url }).connect();
  try {
    // The changes of these appends are dropped before this process reads them, except the last.
    await client.del("sluice:changes");
    await Promise.all(there.channels.map((channel) => channel.append([numbered(2)])));
    await client.xTrim("sluice:changes", "MAXLEN", 1);
    await expect.poll(() => here.seen.every((list) => list.at(-1) === "2")).toBe(true);
  } finally {
    client.destroy();
  }
});

it("notices a deletion soon", async () => {
  const { port } = await test.start();
  const url = `redis://127.0.0.1:${port}`;
  const [here, there] = [await join(url), await join(url)];
  await there.channels[3]!.append([numbered(1)]);
  await expect.poll(() => here.seen[3]).toEqual(["1"]);
  await there.channels[3]!.delete();
  await there.channels[3]!.append([numbered(2)]);
  const positionOf = ({ epoch, first, last }: ChannelLog) => ({ epoch, first, last });
  const position = { ...positionOf(there.channels[3]!), first: 1, last: 1 };
  // A second, five times over.
  await expect.poll(() => positionOf(here.channels[3]!)).toEqual(position);
  expect(here.seen[3]).toContain("reset");
});
