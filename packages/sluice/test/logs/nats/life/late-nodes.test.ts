import { beforeEach, describe, expect, it } from "vitest";
import type { ChannelLog, LogEntry } from "../../../../src/logs/log.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { startProxy, type TcpProxy } from "../../../support/stores/tcp-proxy.mjs";
import { until } from "../../../support/until.ts";
import { lossyFeed } from "../support/lossy-feed.ts";
import { entry, untilAnswers, useNats } from "../support/use-nats.ts";

/** Entries that the copy of the store has. A node that returns with more has proof of the loss. */
const COPIED = 2;

describe.skipIf(NATS_SERVER === undefined)("natsLog, when the node that knows of a loss returns last", () => {
  const nats = useNats();
  let knowing: ChannelLog;
  let late: ChannelLog;
  let toKnowing: TcpProxy;
  /** The epoch in which the late node delivered the events, by their own ID. */
  let delivered: Map<string, string>;

  beforeEach(async () => {
    [knowing, toKnowing] = await nats.openProxied();
    const toLate = await startProxy(nats.server.port);
    nats.onCleanUp(() => toLate[Symbol.asyncDispose]());
    const servers = `nats://127.0.0.1:${toLate.port}`;
    const connection = await nats.connect({ servers, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    // The late node learns of the new life only by its checks.
    lossyFeed(connection).isLost = () => true;
    late = await nats.open({ connection });
    await knowing.append(Array.from({ length: COPIED }, (_, n) => entry(n)));
    await late.sync();
    await nats.server.save();
    toLate.refuse();
    await knowing.append([entry(7), entry(8), entry(9)]);
    toKnowing.refuse();
    await nats.server.kill();
    await nats.server.start("saved");
    toLate.resume();
    await untilAnswers(late);
    // The late node has seen no more than the copy has, so it continues.
    expect(late.last).toBe(COPIED);
    delivered = new Map();
    const appended = (entries: readonly LogEntry[]) => {
      for (const { id } of entries) if (id !== undefined) delivered.set(id, late.epoch);
    };
    late.tail({ appended, trimmed() {}, reset() {} });
  });

  /** Lets the knowing node begin a life in which no position is valid. Runs `then` in the same turn. */
  async function proveLoss(then: () => Promise<unknown>): Promise<void> {
    const before = late.epoch;
    let done: Promise<unknown> | undefined;
    knowing.tail({ appended() {}, trimmed() {}, reset: () => (done = then()) });
    toKnowing.resume();
    await until("the loss is proven", () => done !== undefined);
    await done;
    expect(knowing.epoch).not.toBe(before);
    expect(knowing.holds(before)).toBeUndefined();
  }

  it("delivers an event of the new life on the late node only after that node has entered the life", async () => {
    await proveLoss(() => knowing.append([entry(10, { id: "own" })]));
    await until("the late node has the event", () => late.last > COPIED);
    expect(late.epoch).toBe(knowing.epoch);
    // If the late node enters the life later, the event is part of the log: subscribers read it after their gap.
    for (const epoch of delivered.values()) expect(epoch).toBe(knowing.epoch);
    expect(await knowing.positionOf("own")).toBe(COPIED + 1);
    expect(await late.positionOf("own")).toBe(COPIED + 1);
  });

  it("does not resume from an event that the late node appended and delivered in the former life", async () => {
    const former = late.epoch;
    await proveLoss(() => late.append([entry(10, { id: "own" })]));
    expect(delivered.get("own")).toBe(former);
    await until("both are in the new life", () => late.epoch === knowing.epoch);
    expect(await knowing.positionOf("own")).toBeUndefined();
    expect(await late.positionOf("own")).toBeUndefined();
    // The log has the event nevertheless, and does not take it again.
    expect(await late.append([entry(10, { id: "own" })])).toEqual([COPIED + 1]);
  });
});
