import { describe, expect, it } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { holdAnswers } from "../support/hold-answers.ts";
import { entry, readAll, untilAnswers, useNats } from "../support/use-nats.ts";

const EVENTS = 200;

const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);

describe.skipIf(NATS_SERVER === undefined)("natsLog, when its connection breaks", () => {
  const nats = useNats();

  it("resends events in flight once and in order, however many were sent before the cut", async () => {
    const [channel, proxy] = await nats.openProxied();
    const { epoch } = channel;
    const rounds = [1, 50, 100, 150, EVENTS - 1];
    for (const [round, before] of rounds.entries()) {
      const publish = (i: number) => channel.append([entry(round * EVENTS + i)]);
      const sent = numbers(before).map(publish);
      await sent[0];
      // The cut happens in the same event-loop turn as these appends, so none of them has an answer.
      const inFlight = numbers(EVENTS - before).map((i) => publish(before + i));
      proxy.cut();
      await Promise.all([...sent, ...inFlight]);
    }
    const kept = (await readAll(channel)).map(({ data }) => Number(data));
    expect(kept).toEqual(numbers(rounds.length * EVENTS));
    expect(channel.epoch).toBe(epoch);
  });

  it("stores events once if the server stored them and its answers were lost", async () => {
    const connection = await nats.connect({ maxReconnectAttempts: -1, reconnectTimeWait: 10 });
    const answers = holdAnswers(connection);
    const channel = await nats.open({ connection });
    const { epoch } = channel;
    for (const answeredBefore of [0, 1, EVENTS / 2, EVENTS - 1]) {
      const { answered } = answers;
      const last = channel.last;
      answers.passOnly(answeredBefore);
      const appends = numbers(EVENTS).map((i) => channel.append([entry(i, i % 3 === 0 ? { id: `${last}/${i}` } : {})]));
      await until("the server has stored the events", () => answers.answered - answered === EVENTS);
      answers.passAll();
      await connection.reconnect();
      expect((await Promise.all(appends)).flat()).toEqual(numbers(EVENTS).map((i) => last + 1 + i));
      expect((await readAll(channel)).slice(last).map(({ data }) => Number(data))).toEqual(numbers(EVENTS));
    }
    expect(channel.epoch).toBe(epoch);
  });

  it("sends events over the next connection if none of them reached the server", async () => {
    const [channel, proxy] = await nats.openProxied();
    await channel.append([entry(1)]);
    proxy.pause();
    const append = channel.append([entry(2), entry(3, { id: "own" })]);
    proxy.cut();
    proxy.resume();
    expect(await append).toEqual([2, 3]);
    expect(await readAll(channel)).toHaveLength(3);
  });

  it("replaces a half-open connection", async () => {
    const [channel, proxy] = await nats.openProxied();
    await channel.append([entry(1)]);
    proxy.swallow();
    await expect(channel.append([entry(2)])).rejects.toThrow(/^NATS at 127.0.0.1:\d+ did not acknowledge/);
    proxy.resume();
    await untilAnswers(channel);
    const [offset] = await channel.append([entry(3)]);
    expect((await readAll(channel))[(offset as number) - 1]).toMatchObject(entry(3));
  });

  it("recognises an event with a lone surrogate over the next connection", async () => {
    const connection = await nats.connect({ reconnectTimeWait: 10 });
    const subscribe = connection.subscribe.bind(connection);
    // The tail delivers nothing before the reconnect, so the log knows the event only from its own append.
    const held: (() => void)[] = [];
    let isHolding = true;
    connection.subscribe = (subject, { callback = () => {}, ...options } = {}) =>
      subscribe(subject, {
        ...options,
        callback: (...delivered) => {
          if (isHolding) held.push(() => callback(...delivered));
          else callback(...delivered);
        },
      });
    const channel = await nats.open({ connection });
    const { epoch } = channel;
    await channel.append([{ type: "n", data: "a\ud800b", json: false }]);
    isHolding = false;
    for (const deliver of held.splice(0)) deliver();
    const before = connection.info?.client_id;
    await connection.reconnect();
    await until("the client has reconnected", () => (connection.info?.client_id ?? before) !== before);
    await channel.sync();
    expect(channel.epoch).toBe(epoch);
    expect(await channel.read(0, 1, 1)).toMatchObject([{ data: "a\ufffdb" }]);
  });
});
