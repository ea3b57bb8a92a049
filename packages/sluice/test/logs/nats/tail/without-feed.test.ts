import { describe, expect, it } from "vitest";
import { createSluice } from "../../../../src/index.ts";
import { natsLog } from "../../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { KEEP_ALL, recorder } from "../../support/contracts/log-contract.ts";
import { startConfigured } from "../support/nats-network.ts";
import { entry, TIMEOUT_MS, useNats } from "../support/use-nats.ts";

describe.skipIf(NATS_SERVER === undefined)("a node on NATS that receives no republished messages", () => {
  const nats = useNats();

  it("follows a stream of an earlier version by a consumer, or changes the stream if the server can", async () => {
    const jsm = await nats.admin();
    const stream = { subjects: ["sluice.orders.>"], deny_delete: true, duplicate_window: 10_000_000_000 };
    await jsm.streams.add({ ...stream, name: "sluice_orders" });
    await jsm.streams.add({ ...stream, subjects: ["sluice.notes.>"], name: "sluice_notes" });
    const reports: Error[] = [];
    const log = nats.newLog();
    const onError = (error: unknown) => void reports.push(error as Error);
    const channels = [
      await log.open("orders", { retain: KEEP_ALL, onError }),
      await log.open("notes", { retain: KEEP_ALL, onError }),
    ];
    const publisher = nats.newLog();
    for (const [i, name] of ["orders", "notes"].entries()) {
      const { seen, listener } = recorder();
      channels[i]!.tail(listener);
      const other = await publisher.open(name, { retain: KEEP_ALL });
      for (let n = 1; n <= 10; n++) await other.append([entry(n)]);
      await until("all events arrive", () => seen.length === 10);
      expect(seen.map(({ data }) => data)).toEqual(Array.from({ length: 10 }, (_, n) => `${n + 1}`));
    }
    const { config, state } = await jsm.streams.info("sluice_orders");
    if (config.republish === undefined) {
      expect(reports.map(({ message }) => message)).toEqual([
        expect.stringContaining("This process follows with a consumer for each channel instead"),
      ]);
      expect(state.consumer_count).toBe(2);
    } else {
      expect(reports).toEqual([]);
      expect(state.consumer_count).toBe(0);
    }
  });

  it("reports once that its user may not subscribe, and follows by consumers", async () => {
    await using server = await startConfigured((storeDir) => ({
      jetstream: { store_dir: storeDir },
      authorization: {
        users: [
          { user: "old", password: "p", permissions: { publish: [">"], subscribe: ["_INBOX.>"] } },
          { user: "new", password: "p" },
        ],
      },
    }));
    const logOf = (user: string) =>
      natsLog({ servers: `nats://${user}:p@127.0.0.1:${server.process.port}`, timeout: TIMEOUT_MS });
    const reports: Error[] = [];
    await using sluice = createSluice({ log: logOf("old"), onError: (error) => void reports.push(error as Error) });
    await using other = createSluice({ log: logOf("new") });
    for (const name of ["orders", "notes"]) {
      const received: unknown[] = [];
      const channel = sluice.channel(name);
      await channel.position();
      const iteration = channel.subscribe()[Symbol.asyncIterator]();
      const following = (async () => {
        while (received.length < 3) received.push((await iteration.next()).value?.data);
      })();
      for (let n = 1; n <= 3; n++) await other.channel(name).publish("n", n);
      await following;
      await iteration.return?.(undefined);
      expect(received).toEqual([1, 2, 3]);
    }
    expect(reports.map(({ message }) => message)).toEqual([expect.stringContaining("denies this user the subject")]);
  });
});
