import { describe, expect, it } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { KEEP_ALL } from "../../support/log-contract.ts";
import { entry, useNats } from "../support/use-nats.ts";

describe.skipIf(NATS_SERVER === undefined)("the stream of a channel", { timeout: 30_000 }, () => {
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
});
