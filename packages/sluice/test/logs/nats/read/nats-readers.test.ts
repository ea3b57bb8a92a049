import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../../../src/logs/log.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { lateConsumers } from "../support/late-consumers.ts";
import { entry, useNats } from "../support/use-nats.ts";

describe.skipIf(NATS_SERVER === undefined)("natsLog, when it reads", () => {
  const nats = useNats();

  it("uses few consumers for a long replay, and deletes them when it closes", async () => {
    const channel = await nats.open({ timeout: 20_000 });
    await channel.append(Array.from({ length: 3_000 }, (_, i) => entry(i)));
    const offsets: number[] = [];
    const jsm = await nats.admin();
    const consumers = async () => (await jsm.streams.info("sluice_orders")).state.consumer_count;
    for (let after = 0; after < 3_000; ) {
      // One reader.
      if (after > 0) expect(await consumers()).toBe(1);
      const page = (await channel.read(after, 128, 1e6)) as readonly LogEntry[];
      offsets.push(...page.map(({ offset }) => offset));
      after = offsets.at(-1) as number;
    }
    expect(offsets).toEqual(Array.from({ length: 3_000 }, (_, i) => i + 1));
    // It has read everything: an open channel has no consumer.
    await expect.poll(consumers).toBe(0);
    // After reads at many positions, few readers stay.
    await Promise.all(Array.from({ length: 40 }, (_, i) => channel.read(i * 50, 10, 1e6)));
    await until("few consumers are left", async () => (await consumers()) <= 8);
    await channel.close();
    await until("all consumers are deleted", async () => (await consumers()) === 0);
  });

  it("repeats a request for entries that the server does not answer", async () => {
    const connection = await nats.connect();
    const publish = connection.publish.bind(connection);
    let requests = 0;
    connection.publish = (subject, ...more) => {
      if (subject.startsWith("$JS.API.CONSUMER.MSG.NEXT.") && requests++ === 0) return;
      publish(subject, ...more);
    };
    const channel = await nats.open({ connection });
    await channel.append([entry(1), entry(2)]);
    expect(await channel.read(0, 10, 10_000)).toMatchObject([{ data: "1" }, { data: "2" }]);
    expect(requests).toBeGreaterThan(1);
  });

  it("reads again, and keeps all entries, if the consumer's server is behind the leader", async () => {
    const connection = await nats.connect();
    const channel = await nats.open({ connection });
    await channel.append([1, 2, 3].map((n) => entry(n)));
    const requests = lateConsumers(connection, 1);
    expect(await channel.read(1, 10, 10_000)).toMatchObject([{ data: "2" }, { data: "3" }]);
    expect(requests()).toBeGreaterThan(1);
    expect(channel.first).toBe(1);
    expect(await channel.read(0, 10, 10_000)).toHaveLength(3);
  });

  it("returns an entry that is larger than a page, and none twice", async () => {
    const channel = await nats.open();
    const sizes = [10, 900_000, 10, 700_000, 800_000, 10];
    for (const [i, size] of sizes.entries()) {
      await channel.append([entry(i, { data: "x".repeat(size), json: false })]);
    }
    for (const bytes of [1, 1_000, 1_000_000]) {
      const lengths: number[] = [];
      for (let after = 0; after < sizes.length; ) {
        const page = (await channel.read(after, 100, bytes)) as readonly LogEntry[];
        expect(page.length).toBeGreaterThan(0);
        lengths.push(...page.map(({ data }) => data.length));
        after += page.length;
      }
      expect(lengths).toEqual(sizes);
    }
  });
});
