import { describe, expect, it } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { entry, untilAnswers, useNats } from "../support/use-nats.ts";

describe.skipIf(NATS_SERVER === undefined)("natsLog with a connection of the user's", () => {
  const nats = useNats();

  it("uses the connection across a restart of the server, and leaves it open when the log closes", async () => {
    const connection = await nats.connect({ maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    const log = nats.newLog({ connection });
    const channel = await log.open("orders", { retain: KEEP_ALL });
    await channel.append([entry(1)]);
    await nats.server.kill();
    await expect(channel.append([entry(2)])).rejects.toThrow(/^NATS at 127.0.0.1:\d+ did not acknowledge/);
    await nats.server.start();
    await untilAnswers(channel);
    await channel.append([entry(3)]);
    await log.close();
    expect(connection.isClosed()).toBe(false);
    await connection.flush();
    await expect(channel.append([entry(4)])).rejects.toMatchObject({ code: "CLOSED" });
  });

  it("rejects every operation after the user has closed the connection", async () => {
    const connection = await nats.connect();
    const channel = await nats.open({ connection });
    await connection.close();
    await expect(channel.append([entry(1)])).rejects.toThrow();
    await expect(channel.sync()).rejects.toThrow(
      /^NATS at 127.0.0.1:\d+ is not reachable: the connection is closed\.$/,
    );
  });
});
