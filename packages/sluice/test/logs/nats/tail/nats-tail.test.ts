import { describe, expect, it } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { recorder } from "../../support/contracts/log-contract.ts";
import { subjectsOf } from "../support/subjects-of.ts";
import { entry, readAll, useNats } from "../support/use-nats.ts";

describe.skipIf(NATS_SERVER === undefined)("the tail of natsLog", () => {
  const nats = useNats();

  it("misses no event if the server deletes its consumer", async () => {
    const [a, b] = [await nats.open(), await nats.open()];
    const { seen, listener } = recorder();
    b.tail(listener);
    await a.append([entry(1)]);
    await until("b receives event 1", () => seen.length === 1);
    const jsm = await nats.admin();
    const consumers = await jsm.consumers.list("sluice_orders").next();
    for (const { name } of consumers) await jsm.consumers.delete("sluice_orders", name);
    await a.append([entry(2)]);
    await until("b receives event 2", () => seen.length === 2);
    expect(seen.map(({ data }) => data)).toEqual(["1", "2"]);
    expect(b.epoch).toBe(a.epoch);
  });

  it("delivers another program's messages on the channel's subject as events", async () => {
    const channel = await nats.open();
    const { seen, listener } = recorder();
    channel.tail(listener);
    const connection = await nats.connect();
    const { event } = await subjectsOf(connection, "orders");
    for (const text of ["{", "[]\nx", ""]) connection.publish(event, text);
    await connection.flush();
    expect(await channel.append([entry(1)])).toEqual([4]);
    await until("all events are delivered", () => seen.length === 4);
    expect(await readAll(channel)).toMatchObject([{ data: "{" }, { data: "[]\nx" }, { data: "" }, entry(1)]);
  });
});
