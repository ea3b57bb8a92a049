import { afterEach, describe, expect, it, vi } from "vitest";
import type { ChannelLog } from "../../../src/logs/log.ts";
import type { NatsConnection } from "../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../support/stores/nats-server.ts";
import { until } from "../../support/until.ts";
import { KEEP_ALL, recorder } from "../support/contracts/log-contract.ts";
import { lossyFeed } from "./support/lossy-feed.ts";
import { entry, useNats } from "./support/use-nats.ts";

const CHANNELS = 300;
/** Requests of 32 checks, and of those that users wait for. */
const MAX_IN_FLIGHT = 150;

describe.skipIf(NATS_SERVER === undefined)("many open channels on NATS", () => {
  const nats = useNats();
  afterEach(() => void vi.useRealTimers());

  /** Opens channels, and counts the requests of their connection. */
  async function open() {
    const connection = await nats.connect({ maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    const request = connection.request.bind(connection);
    const counts = { inFlight: 0, most: 0, all: 0 };
    connection.request = async (...given) => {
      counts.all++;
      counts.most = Math.max(counts.most, ++counts.inFlight);
      return request(...given).finally(() => void counts.inFlight--);
    };
    const log = nats.newLog({ connection, timeout: 20_000 });
    const channels: ChannelLog[] = [];
    for (let i = 0; i < CHANNELS; i += 20) {
      const some = Array.from({ length: 20 }, (_, n) => log.open(`c${i + n}`, { retain: KEEP_ALL }));
      channels.push(...(await Promise.all(some)));
    }
    return { connection, channels, counts };
  }

  it("have no timer, consumer or connection of their own", async () => {
    const start = vi.spyOn(globalThis, "setInterval");
    const stop = vi.spyOn(globalThis, "clearInterval");
    const { channels } = await open();
    const running = start.mock.calls.length - stop.mock.calls.length;
    expect(running).toBeLessThan(10);
    const jsm = await nats.admin();
    expect((await jsm.getAccountInfo()).consumers).toBe(0);
    await channels[CHANNELS - 1]!.append([entry(1)]);
    vi.restoreAllMocks();
  });

  it("are checked after a reconnect with few requests at a time, and then miss nothing", async () => {
    const { connection, channels, counts } = await open();
    const seen = channels.map((channel) => {
      const recording = recorder();
      channel.tail(recording.listener);
      return recording.seen;
    });
    const publisher = nats.newLog({ timeout: 20_000 });
    const others = await Promise.all([0, 1, 2].map((i) => publisher.open(`c${i * 100}`, { retain: KEEP_ALL })));
    counts.most = 0;
    const publishing = others.map(async (other) => {
      for (let n = 1; n <= 50; n++) await other.append([entry(n)]);
    });
    await connection.reconnect();
    await Promise.all(publishing);
    await Promise.all(others.map((other) => other.append([entry(51)])));
    for (const i of [0, 100, 200]) {
      await until("all events arrive", () => seen[i]!.length === 51);
      expect(seen[i]!.map(({ data }) => Number(data))).toEqual(Array.from({ length: 51 }, (_, n) => n + 1));
    }
    expect(counts.most).toBeLessThan(MAX_IN_FLIGHT);
  });

  it("notice at once that another process deletes one of them, without a check", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    const channel = await nats.open();
    const other = await nats.open();
    await other.append([entry(1)]);
    const { epoch } = channel;
    await other.delete();
    await until("the channel is in another life", () => channel.epoch !== epoch);
    expect(await channel.wasDeleted?.(epoch)).toBe(true);
  });

  it("request a lost message when the next one arrives, and do not wait for their turn to be checked", async () => {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    const connection = await nats.connect();
    const channel = await nats.open({ connection: loseSecond(connection) });
    const { seen, listener } = recorder();
    channel.tail(listener);
    const other = await nats.open();
    for (let n = 1; n <= 3; n++) await other.append([entry(n)]);
    await until("all events arrive", () => seen.length === 3);
    expect(seen.map(({ data }) => data)).toEqual(["1", "2", "3"]);
  });
});

/** Loses the second message that the server republishes. */
function loseSecond(connection: NatsConnection): NatsConnection {
  lossyFeed(connection).isLost = (sequence) => sequence === 2;
  return connection;
}
