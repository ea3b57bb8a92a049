import { describe, expect, it } from "vitest";
import { createSluice, type Sluice } from "../../../../src/index.ts";
import { readEventStream } from "../../../../src/testing/index.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { startServer } from "../../../support/test-server.ts";
import { useNats } from "../support/use-nats.ts";

/** Consumers that the stream allows: those of one node. */
const STREAM = {
  name: "sluice_orders",
  subjects: ["sluice.orders.>"],
  max_consumers: 1,
  duplicate_window: 10_000_000_000,
};

describe.skipIf(NATS_SERVER === undefined)("a node to which NATS refuses a consumer", { timeout: 40_000 }, () => {
  const nats = useNats();

  async function node(): Promise<{ sluice: Sluice; url: string; errors: Error[] }> {
    const errors: Error[] = [];
    const sluice = createSluice({ log: nats.newLog(), onError: (error) => void errors.push(error as Error) });
    nats.onCleanUp(() => sluice.close());
    const orders = sluice.channel("orders");
    const server = await startServer((req, res) => void sluice.stream(req, res, orders.subscribe()));
    nats.onCleanUp(() => server[Symbol.asyncDispose]());
    return { sluice, url: `http://127.0.0.1:${server.port}/`, errors };
  }

  const statusOf = async (url: string) => {
    const response = await fetch(url, { headers: { accept: "text/event-stream" } });
    await response.body?.cancel();
    return response.status;
  };

  it("reports it once, ends its streams, refuses new ones with 503, publishes, and recovers by itself", async () => {
    await (await nats.admin()).streams.add(STREAM);
    const first = await node();
    const live = await readEventStream(first.url);
    await first.sluice.channel("orders").publish("n", 1);
    expect(await live.next()).toMatchObject({ data: "1" });

    const second = await node();
    const refused = await readEventStream(second.url);
    expect(await refused.rest()).toEqual([]);
    await expect.poll(() => statusOf(second.url)).toBe(503);
    const reports = second.errors.filter(({ message }) => message.includes("refuses this process a consumer"));
    expect(reports).toHaveLength(1);
    await second.sluice.channel("orders").publish("n", 2);
    expect(await live.next()).toMatchObject({ data: "2" });

    await first.sluice.close();
    await expect.poll(() => statusOf(second.url), { timeout: 20_000 }).toBe(200);
    await using again = await readEventStream(second.url);
    await second.sluice.channel("orders").publish("n", 3);
    expect(await again.next()).toMatchObject({ data: "3" });
  });
});
