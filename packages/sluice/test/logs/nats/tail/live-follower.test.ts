import { beforeEach, describe, expect, it } from "vitest";
import type { ChannelLog, LogEntry } from "../../../../src/logs/log.ts";
import type { NatsConnection } from "../../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { recorder } from "../../support/contracts/log-contract.ts";
import { lateConsumers } from "../support/late-consumers.ts";
import { type LossyFeed, lossyFeed } from "../support/lossy-feed.ts";
import { subjectsOf } from "../support/subjects-of.ts";
import { entry, useNats } from "../support/use-nats.ts";

const STREAM = "sluice_orders";

describe.skipIf(NATS_SERVER === undefined)("a channel on NATS that follows live", () => {
  const nats = useNats();
  let publisher: ChannelLog;
  let follower: ChannelLog;
  let connection: NatsConnection;
  let feed: LossyFeed;
  let seen: LogEntry[];
  /** Requests of the follower for messages and consumers. */
  let requests: string[];

  beforeEach(async () => {
    publisher = await nats.open();
    connection = await nats.connect();
    feed = lossyFeed(connection);
    const request = connection.request.bind(connection);
    requests = [];
    connection.request = (subject, ...more) => {
      if (/\.(MSG\.GET|CONSUMER\.CREATE)\.sluice_orders/.test(subject)) requests.push(subject);
      return request(subject, ...more);
    };
    follower = await nats.open({ connection });
    const recording = recorder();
    seen = recording.seen;
    follower.tail(recording.listener);
  });

  const numbers = () => seen.map(({ data }) => Number(data));
  const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);
  const publish = async (from: number, to: number) => {
    for (let n = from; n <= to; n++) await publisher.append([entry(n)]);
  };
  const receives = (last: number) => until(`event ${last} arrives`, () => numbers().at(-1) === last);

  it("needs no consumer, and requests nothing", async () => {
    await publish(1, 20);
    await receives(20);
    expect(numbers()).toEqual(upTo(20));
    expect(requests).toEqual([]);
    const { state } = await (await nats.admin()).streams.info(STREAM);
    expect(state.consumer_count).toBe(0);
  });

  it("requests a lost message as soon as the next one arrives", async () => {
    feed.isLost = (sequence) => sequence === 2;
    await publish(1, 3);
    await receives(3);
    expect(numbers()).toEqual(upTo(3));
  });

  it("finds lost messages within about a second if none arrives after them", async () => {
    feed.isLost = (sequence) => sequence >= 2;
    await publish(1, 3);
    await receives(3);
    expect(numbers()).toEqual(upTo(3));
  });

  it("requests lost messages again, and keeps all others, if the consumer's server is behind the leader", async () => {
    await publish(1, 2);
    await receives(2);
    const late = lateConsumers(connection, 1);
    feed.isLost = (sequence) => sequence > 2 && sequence < 20;
    await publish(3, 20);
    await receives(20);
    expect(late()).toBeGreaterThan(1);
    expect(numbers()).toEqual(upTo(20));
    expect(follower.first).toBe(1);
  });

  it("requests many lost messages with one consumer, and deletes it", async () => {
    feed.isLost = (sequence) => sequence > 1 && sequence <= 200;
    await publish(1, 201);
    await receives(201);
    expect(numbers()).toEqual(upTo(201));
    const { streams } = await nats.admin();
    await expect.poll(async () => (await streams.info(STREAM)).state.consumer_count).toBe(0);
  });

  it("receives each message once and in order while the feed loses messages again and again", async () => {
    feed.isLost = (sequence) => sequence % 7 === 0 || sequence % 40 > 30;
    const data = upTo(400);
    await Promise.all(data.map((n) => publisher.append([entry(n)])));
    await receives(400);
    expect(numbers()).toEqual(data);
  });

  it("delivers a message once that arrives twice, and stays in its epoch", async () => {
    const { epoch } = follower;
    await publish(1, 3);
    await receives(3);
    feed.repeat();
    await publish(4, 5);
    await receives(5);
    expect(numbers()).toEqual(upTo(5));
    expect(follower.epoch).toBe(epoch);
  });

  it("resolves `sync` although the newest message was lost", async () => {
    feed.isLost = () => true;
    await publish(1, 2);
    await follower.sync();
    expect(numbers()).toEqual(upTo(2));
  });

  it("passes messages that were lost and then erased", async () => {
    feed.isLost = (sequence) => sequence === 2 || sequence === 3;
    await publisher.append([entry(1)]);
    await publisher.append([entry(2, { id: "own" })]);
    const filter = (await subjectsOf(await nats.connect(), "orders")).ofId("own");
    await (await nats.admin()).streams.purge(STREAM, { filter });
    await follower.sync();
    expect(follower.last).toBe(2);
    await publisher.append([entry(3, { id: "other" })]);
    await publisher.append([entry(4)]);
    await receives(4);
    expect(numbers()).toEqual([1, 3, 4]);
  });
});
