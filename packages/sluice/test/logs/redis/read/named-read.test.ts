import { expect, it } from "vitest";
import type { RedisConnection } from "../../../../src/logs/redis/connection/redis-connection.ts";
import { NamedRead, type StreamEntry, type TailedChannel } from "../../../../src/logs/redis/read/named-read.ts";

const KEYS = ["log", "meta", "ids"] as const;
const LATER: StreamEntry = ["15-0", ["second", '[0,"n",1]\n15']];

class FakeChannel implements TailedChannel {
  readonly keys = KEYS;
  readonly received = 14;
  readonly isMidAppend = false;
  readonly readAfter = "14-0";
  readonly seen: StreamEntry[] = [];
  epoch: string;

  constructor(epoch: string) {
    this.epoch = epoch;
  }

  receive(entries: readonly StreamEntry[]): boolean {
    this.seen.push(...entries);
    return true;
  }

  hasReceived = () => false;
  receivePage = () => false;
  taken = () => undefined;
}

/** Reads once. `during` runs while the read is in flight. */
function read(channels: Map<string, TailedChannel>, during: () => void) {
  const send = async () => {
    during();
    return [[KEYS[0], [LATER]]];
  };
  return new NamedRead().read({ send } as Partial<RedisConnection> as RedisConnection, channels, 1_000);
}

it("passes entries on to the channel that asked for them", async () => {
  const channel = new FakeChannel("second");
  const found = await read(new Map([[KEYS[0], channel]]), () => {});
  expect(channel.seen).toEqual([LATER]);
  expect(found).toEqual({ hasNew: true, behind: [] });
});

it("reads the channel again if it entered another life meanwhile, whose first entries it did not ask for", async () => {
  const channel = new FakeChannel("first");
  const found = await read(new Map([[KEYS[0], channel]]), () => {
    channel.epoch = "second";
  });
  expect(channel.seen).toEqual([]);
  expect(found).toEqual({ hasNew: false, behind: [channel] });
});

it("reads the channel again if it was closed and opened meanwhile", async () => {
  const opened = new FakeChannel("second");
  const channels = new Map<string, TailedChannel>([[KEYS[0], new FakeChannel("second")]]);
  const found = await read(channels, () => void channels.set(KEYS[0], opened));
  expect(opened.seen).toEqual([]);
  expect(found).toEqual({ hasNew: false, behind: [opened] });
});
