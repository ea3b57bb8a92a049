import { describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import type { ChannelLog } from "../../../../src/logs/log.ts";
import type { NatsConnection } from "../../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { recorder } from "../../support/contracts/log-contract.ts";
import { holdAnswers } from "../support/hold-answers.ts";
import { entry, readAll, TIMEOUT_MS, untilAnswers, useNats } from "../support/use-nats.ts";

const EVENTS = 50;

const numbers = (count: number, first = 0) => Array.from({ length: count }, (_, i) => first + i);
const batch = (count = EVENTS, first = 0) => numbers(count, first).map((n) => entry(n));

describe.skipIf(NATS_SERVER === undefined)("natsLog, when it appends several entries", () => {
  const nats = useNats();

  /** Returns the data of the entries, without the void ones. */
  const dataOf = async (channel: ChannelLog) =>
    (await readAll(channel)).filter(({ isVoid }) => !isVoid).map(({ data }) => Number(data));

  /** Calls `before` before the connection sends the entry with the number `n`, and waits if it returns a promise. */
  const onEntry = (connection: NatsConnection, n: number, before: () => Promise<unknown> | undefined) => {
    const request = connection.request.bind(connection);
    connection.request = async (subject, payload, options) => {
      const wait = typeof payload === "string" && payload.endsWith(`\n${n}`) ? before() : undefined;
      if (wait !== undefined) await wait;
      return request(subject, payload, options);
    };
  };

  it("keeps them together in the order of its calls", async () => {
    const channel = await nats.open();
    const { seen, calls, listener } = recorder();
    channel.tail(listener);
    const appends = [[entry(0)], batch(3, 1), [entry(4)], batch(20, 5), batch(2, 25), [entry(27)]];
    await Promise.all(appends.map((entries) => channel.append(entries)));
    expect(seen.map(({ data }) => Number(data))).toEqual(numbers(28));
    expect(calls).toEqual([1, 3, 1, 20, 2, 1]);
  });

  it.each([0, 1, EVENTS / 2, EVENTS - 1])(
    "stores them once if the answers after the first %i are lost",
    async (count) => {
      const connection = await nats.connect({ maxReconnectAttempts: -1, reconnectTimeWait: 10 });
      const answers = holdAnswers(connection);
      const channel = await nats.open({ connection });
      await channel.append([entry(99)]);
      const { answered } = answers;
      answers.passOnly(count);
      const appended = channel.append(batch());
      await until("the server has stored the events", () => answers.answered - answered === EVENTS);
      answers.passAll();
      await connection.reconnect();
      expect(await appended).toEqual(numbers(EVENTS, 2));
      expect(await readAll(channel)).toHaveLength(EVENTS + 1);
      expect(await dataOf(channel)).toEqual([99, ...numbers(EVENTS)]);
    },
  );

  it("stores them once if the connection is cut while they are in flight", async () => {
    const [channel, proxy] = await nats.openProxied();
    const expected: number[] = [];
    for (let round = 0; round < 8; round++) {
      const first = expected.length;
      const call = batch(EVENTS, first).map((each) => ({ ...each, topics: ["x".repeat(2_000)] }));
      const appended = channel.append(call);
      if (round % 2 === 0) proxy.cut();
      else setTimeout(() => proxy.cut(), round);
      await appended;
      expected.push(...numbers(EVENTS, first));
      expect(await dataOf(channel)).toEqual(expected);
    }
  });

  it("sends all again if an event of another publisher comes between, and a later call waits", async () => {
    const connection = await nats.connect();
    const channel = await nats.open({ connection });
    const other = await nats.open();
    let times = 2;
    onEntry(connection, 3, () => (times-- > 0 ? other.append([entry(100 + times)]) : undefined));
    const appends = [channel.append(batch(5)), channel.append([entry(5)])];
    const [offsets, next] = await Promise.all(appends);
    expect(offsets).toEqual(numbers(5, offsets![0]));
    expect(next![0]).toBe(offsets!.at(-1)! + 1);
    for (const each of [channel, other, await nats.open()])
      expect(await dataOf(each)).toEqual([101, 100, ...numbers(6)]);
  });

  it("rejects at the timeout, and stores nothing, if events of other publishers always come between", async () => {
    const connection = await nats.connect();
    const channel = await nats.open({ connection });
    const other = await nats.open();
    onEntry(connection, 3, () => other.append([entry(100)]));
    const began = performance.now();
    await expect(channel.append(batch(5))).rejects.toThrow(/events of other publishers came between .* Publish fewer/);
    expect(performance.now() - began).toBeLessThan(TIMEOUT_MS * 3);
    expect(new Set(await dataOf(channel))).toEqual(new Set([100]));
    expect(await channel.append(batch(2, 200))).toHaveLength(2);
  });

  it("stores none if one exceeds the server's max_payload", async () => {
    const channel = await nats.open();
    const large = entry(1, { data: "x".repeat(2_000_000), json: false });
    await expect(channel.append([entry(0), large, entry(2)])).rejects.toThrow("max_payload");
    expect(await channel.append([entry(3)])).toHaveLength(1);
    expect(await dataOf(channel)).toEqual([3]);
  });

  it("appends none if an event that was published just before has an own ID of theirs", async () => {
    const connection = await nats.connect();
    onEntry(connection, 1, () => sleep(100));
    const channel = await nats.open({ connection });
    const appends = [[entry(1, { id: "own" })], [entry(2), entry(3, { id: "own" })]];
    expect(await Promise.all(appends.map((entries) => channel.append(entries)))).toEqual([[1], [0, 1]]);
    expect(channel.last).toBe(1);
  });

  it("appends none if another publisher takes an own ID of theirs meanwhile", async () => {
    const connection = await nats.connect();
    const channel = await nats.open({ connection });
    const other = await nats.open();
    let isFirst = true;
    onEntry(connection, 2, () => (isFirst ? other.append([entry(3, { id: "own" })]) : undefined));
    const appended = channel.append([entry(1), entry(2), entry(3, { id: "own" })]);
    await until("the other publisher was first", () => other.last > 0).then(() => (isFirst = false));
    const offset = await other.positionOf("own");
    expect(await appended).toEqual([0, 0, offset]);
    expect(await dataOf(channel)).toEqual([3]);
  });

  it("stores all or none, and once, if the server is killed while they are in flight", async () => {
    const channel = await nats.open();
    const stored: number[] = [];
    for (let round = 0; round < 5; round++) {
      const first = round * 1_000;
      const call = batch(200, first).map((each) => ({ ...each, topics: ["x".repeat(4_000)] }));
      const appended = channel.append(call).then(
        () => true,
        () => false,
      );
      await sleep(round * 3);
      await nats.server.kill();
      await nats.server.start();
      const isAppended = await appended;
      await untilAnswers(channel);
      const added = (await dataOf(channel)).slice(stored.length);
      if (added.length > 0 || isAppended) expect(added).toEqual(numbers(200, first));
      stored.push(...added);
      const single = 100_000 + round;
      expect(await channel.append([entry(single)])).toHaveLength(1);
      stored.push(single);
    }
    expect(await dataOf(await nats.open())).toEqual(stored);
  });
});
