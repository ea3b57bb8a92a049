import { describe, expect, it } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { entry, TIMEOUT_MS, useNats } from "../support/use-nats.ts";

describe.skipIf(NATS_SERVER === undefined)("the stream of a channel", () => {
  const nats = useNats();

  it("gets the retention of the process that opened the channel last", async () => {
    const channel = await nats.open();
    await channel.append(Array.from({ length: 20 }, (_, i) => entry(i)));
    const again = await nats.newLog().open("orders", { retain: { ...KEEP_ALL, events: 5 } });
    expect(again).toMatchObject({ first: 16, last: 20 });
    await channel.sync();
    expect(channel.first).toBe(16);
    expect(await channel.read(0, 10, 1e6)).toBe("gone");
  });

  it("opens if the server says that its subjects overlap while another process creates it", async () => {
    const connection = await nats.connect();
    const request = connection.request.bind(connection);
    let refused = 0;
    connection.request = async (subject, payload, options) => {
      if (subject !== "$JS.API.STREAM.CREATE.sluice_orders" || refused > 0) return request(subject, payload, options);
      refused++;
      // The request of the other process takes effect a moment later.
      setTimeout(() => void request(subject, payload, options), 60);
      const error = { code: 400, err_code: 10_065, description: "subjects overlap with an existing stream" };
      const message = await request("$JS.API.INFO", "", { timeout: TIMEOUT_MS });
      return Object.defineProperty(message, "data", { value: new TextEncoder().encode(JSON.stringify({ error })) });
    };
    const channel = await nats.open({ connection });
    expect(refused).toBe(1);
    expect(await channel.append([entry(1)])).toEqual([1]);
  });

  it("does not open if a stream of another program has its subjects", async () => {
    await (await nats.admin()).streams.add({ name: "other", subjects: ["sluice.orders.>"] });
    await expect(nats.open()).rejects.toThrow(/overlap/);
  });
});
