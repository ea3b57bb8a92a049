import { describe, expect, it } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { recorder } from "../../support/contracts/log-contract.ts";
import { publishUntilStopped } from "../support/publish-until-stopped.ts";
import { entry, readAll, untilAnswers, useNats } from "../support/use-nats.ts";

describe.skipIf(NATS_SERVER === undefined)("natsLog, when its server restarts", () => {
  const nats = useNats();

  it("begins a new epoch in which all positions are valid if the server kept its data", async () => {
    const channel = await nats.open();
    const { seen, listener } = recorder();
    channel.tail({ ...listener, reset: () => {} });
    const { epoch } = channel;
    await channel.append([entry(1), entry(2, { id: "own" })]);
    await nats.server.kill();
    await nats.server.start();
    await untilAnswers(channel);
    expect(channel.epoch).not.toBe(epoch);
    expect(channel.holds(epoch)).toBe(2);
    expect(channel).toMatchObject({ first: 1, last: 2 });
    expect(await channel.append([entry(2, { id: "own" })])).toEqual([2]);
    expect(await channel.append([entry(3)])).toEqual([3]);
    expect(seen.map(({ data }) => Number(data))).toEqual([1, 2, 3]);
  });

  it("keeps the life of a channel that was deleted and made anew, if a node missed this and the restart", async () => {
    const channel = await nats.open();
    const [late, proxy] = await nats.openProxied();
    await channel.append([entry(1), entry(2)]);
    await late.sync();
    const deleted = channel.epoch;
    proxy.refuse();
    await channel.delete();
    await channel.append([entry(3)]);
    const made = channel.epoch;
    await nats.server.kill();
    await nats.server.start();
    await untilAnswers(channel);
    const { epoch } = channel;
    expect(channel.holds(made)).toBe(1);
    proxy.resume();
    await untilAnswers(late);
    await channel.sync();
    for (const each of [channel, late]) {
      expect(each.epoch).toBe(epoch);
      expect(each.holds(made)).toBe(1);
      expect(await each.wasDeleted?.(deleted)).toBe(true);
    }
  });

  it("begins a new epoch in which no position is valid if the server lost its data", async () => {
    const [a, b] = [await nats.open(), await nats.open()];
    const { epoch } = a;
    await a.append([entry(1), entry(2)]);
    await b.sync();
    let resets = 0;
    b.tail({ ...recorder().listener, reset: () => resets++ });
    await nats.server.kill();
    await nats.server.start("lost");
    await untilAnswers(a);
    await untilAnswers(b);
    expect(a.epoch).not.toBe(epoch);
    expect(b.epoch).toBe(a.epoch);
    expect(a.holds(epoch)).toBeUndefined();
    expect(resets).toBe(1);
    expect(await a.append([entry(9)])).toEqual([1]);
    expect(await readAll(b)).toMatchObject([entry(9)]);
  });

  it("begins a new epoch in which no position is valid if the server returns with an older copy", async () => {
    const channel = await nats.open();
    await channel.append([entry(1), entry(2)]);
    await nats.server.kill("SIGTERM");
    await nats.server.save();
    await nats.server.start();
    await untilAnswers(channel);
    const { epoch } = channel;
    await channel.append([entry(3), entry(4), entry(5)]);
    expect(channel.last).toBe(5);
    await nats.server.kill();
    await nats.server.start("saved");
    await untilAnswers(channel);
    expect(channel.epoch).not.toBe(epoch);
    expect(channel.last).toBe(2);
    expect(channel.holds(epoch)).toBeUndefined();
    expect(await channel.append([entry(6)])).toEqual([3]);
    expect((await readAll(channel)).map(({ data }) => data)).toEqual(["1", "2", "6"]);
  });

  it("keeps each acknowledged event once and in one order if SIGKILL hits the server under load", async () => {
    const [a, b, c] = [await nats.open(), await nats.open(), await nats.open()];
    const { seen, listener } = recorder();
    c.tail({ ...listener, reset: () => {} });
    const publishers = [publishUntilStopped(a, 0), publishUntilStopped(b, 1_000_000)];
    const moreOfEach = async () => {
      const enough = publishers.map(({ acknowledged }) => acknowledged.size + 30);
      const haveEnough = () => publishers.every(({ acknowledged }, i) => acknowledged.size >= enough[i]!);
      await until("each publisher has published more", haveEnough);
    };
    for (let i = 0; i < 3; i++) {
      await moreOfEach();
      await nats.server.kill();
      await nats.server.start();
    }
    await moreOfEach();
    for (const { stop } of publishers) await stop();
    for (const channel of [a, b, c]) await untilAnswers(channel);
    const kept = await readAll(c);
    expect(kept.map(({ offset }) => offset)).toEqual(kept.map((_, i) => i + 1));
    const numbers = kept.map(({ data }) => Number(data));
    expect(new Set(numbers).size).toBe(numbers.length);
    for (const { acknowledged } of publishers) {
      for (const [offset, number] of acknowledged) expect(numbers[offset - 1]).toBe(number);
    }
    expect(seen.map(({ data }) => Number(data))).toEqual(numbers);
    expect(a.epoch).toBe(b.epoch);
    expect(a.epoch).toBe(c.epoch);
  });
});
