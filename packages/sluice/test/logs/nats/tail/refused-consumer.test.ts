import { jetstreamManager } from "@nats-io/jetstream";
import { describe, expect, it } from "vitest";
import { createSluice, type Sluice } from "../../../../src/index.ts";
import type { NatsLogOptions } from "../../../../src/logs/nats/nats-log.ts";
import { readEventStream } from "../../../support/patient-testing.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { startProxy } from "../../../support/stores/tcp-proxy.mjs";
import { startServer } from "../../../support/test-server.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { startConfigured } from "../support/nats-network.ts";
import { entry, useNats } from "../support/use-nats.ts";

/** Consumers that the stream allows: those of one node. */
const STREAM = {
  name: "sluice_orders",
  subjects: ["sluice.orders.>"],
  max_consumers: 1,
  duplicate_window: 10_000_000_000,
};

describe.skipIf(NATS_SERVER === undefined)("a node to which NATS refuses a consumer", () => {
  const nats = useNats();

  async function node(options?: Partial<NatsLogOptions>): Promise<{ sluice: Sluice; url: string; errors: Error[] }> {
    const errors: Error[] = [];
    const sluice = createSluice({ log: nats.newLog(options), onError: (error) => void errors.push(error as Error) });
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
    // A user who may not subscribe to republished messages needs a consumer to follow.
    const permissions = { publish: [">"], subscribe: ["_INBOX.>"] };
    await using server = await startConfigured((storeDir) => ({
      jetstream: { store_dir: storeDir },
      authorization: { users: [{ user: "desk", password: "p", permissions }] },
    }));
    const servers = `nats://desk:p@127.0.0.1:${server.process.port}`;
    const connection = await nats.connect({ servers: server.url, user: "desk", pass: "p" });
    await (await jetstreamManager(connection)).streams.add(STREAM);
    const first = await node({ servers });
    await first.sluice.channel("orders").position();
    const live = await readEventStream(first.url);
    await first.sluice.channel("orders").publish("n", 1);
    expect(await live.next()).toMatchObject({ data: "1" });

    const second = await node({ servers });
    const refused = await readEventStream(second.url);
    expect(await refused.rest()).toEqual([]);
    await expect.poll(() => statusOf(second.url)).toBe(503);
    const reports = second.errors.filter(({ message }) => message.includes("refuses this process a consumer"));
    expect(reports).toHaveLength(1);
    await second.sluice.channel("orders").publish("n", 2);
    expect(await live.next()).toMatchObject({ data: "2" });

    await first.sluice.close();
    await expect.poll(() => statusOf(second.url)).toBe(200);
    await using again = await readEventStream(second.url);
    await second.sluice.channel("orders").publish("n", 3);
    expect(await again.next()).toMatchObject({ data: "3" });
  });

  it("needs one only after it has missed events, and then receives them as soon as it may have one", async () => {
    const { streams, consumers } = await nats.admin();
    const republish = { src: "sluice.orders.>", dest: "sluice_live.orders.>" };
    await streams.add({ ...STREAM, deny_delete: true, republish });
    await consumers.add("sluice_orders", { name: "other", ack_policy: "none" });
    const proxy = await startProxy(nats.server.port);
    nats.onCleanUp(() => proxy[Symbol.asyncDispose]());
    const cutOff = await node({ servers: `nats://127.0.0.1:${proxy.port}` });
    const publisher = nats.newLog();
    const orders = await publisher.open("orders", { retain: KEEP_ALL });
    await using live = await readEventStream(cutOff.url);
    await orders.append([entry(1)]);
    expect(await live.next()).toMatchObject({ data: "1" });
    expect(cutOff.errors).toEqual([]);

    proxy.refuse();
    for (let n = 2; n <= 10; n++) await orders.append([entry(n)]);
    proxy.resume();
    const ended = (await live.rest()).at(-1);
    expect(ended?.data ?? "1").toBe("1");
    await expect.poll(() => statusOf(cutOff.url)).toBe(503);
    const reports = cutOff.errors.filter(({ message }) => message.includes("refuses this process a consumer"));
    expect(reports).toHaveLength(1);

    await consumers.delete("sluice_orders", "other");
    await expect.poll(() => statusOf(cutOff.url)).toBe(200);
    const { events } = await cutOff.sluice.channel("orders").history();
    expect(events.map(({ data }) => data)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});
