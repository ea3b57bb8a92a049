import { describe, expect, it } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { entry, useNats } from "../support/use-nats.ts";

describe.skipIf(NATS_SERVER === undefined)("natsLog, when its stream is replaced", () => {
  const nats = useNats();

  it("creates a deleted stream again, in a new epoch in which no position is valid", async () => {
    const [a, b] = [await nats.open(), await nats.open()];
    const { epoch } = a;
    await a.append([entry(1), entry(2)]);
    await b.sync();
    await (await nats.admin()).streams.delete("sluice_orders");
    expect(await b.read(0, 10, 1e6)).toEqual([]);
    expect(await a.append([entry(3)])).toEqual([1]);
    expect(a.epoch).not.toBe(epoch);
    expect(a.holds(epoch)).toBeUndefined();
    await b.sync();
    expect(b).toMatchObject({ epoch: a.epoch, first: 1, last: 1 });
    expect(await b.read(0, 10, 1e6)).toMatchObject([entry(3)]);
  });

  it("begins a new epoch if another program recreated the stream, even with more entries than before", async () => {
    const [a, b] = [await nats.open(), await nats.open()];
    const { epoch } = a;
    await a.append([entry(1)]);
    await b.sync();
    const jsm = await nats.admin();
    const { config } = await jsm.streams.info("sluice_orders");
    await jsm.streams.delete("sluice_orders");
    await jsm.streams.add(config);
    for (let i = 0; i < 5; i++) await a.append([entry(10 + i)]);
    await b.sync();
    expect(b.epoch).not.toBe(epoch);
    expect(b.holds(epoch)).toBeUndefined();
    expect(await b.read(0, 10, 1e6)).toMatchObject([10, 11, 12, 13, 14].map((n) => entry(n)));
  });
});
