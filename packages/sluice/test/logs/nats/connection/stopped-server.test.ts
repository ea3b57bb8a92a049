import { describe, expect, it } from "vitest";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { KEEP_ALL, recorder } from "../../support/contracts/log-contract.ts";
import { entry, readAll, untilAnswers, untilSilent, useNats } from "../support/use-nats.ts";

describe.skipIf(NATS_SERVER === undefined)("natsLog, when its server stops", () => {
  const nats = useNats();

  it("rejects every operation at the timeout while the server is suspended, and continues afterwards", async () => {
    const channel = await nats.open();
    const other = await nats.open();
    const { seen, listener } = recorder();
    other.tail({ ...listener, reset: () => {} });
    await channel.append([entry(1)]);
    nats.server.pause();
    await untilSilent(channel);
    const refused = channel.append([entry(2)]);
    await expect(refused).rejects.toThrow(/^NATS at 127.0.0.1:\d+ did not acknowledge/);
    await expect(channel.sync()).rejects.toThrow(/^NATS at 127.0.0.1:\d+ did not/);
    await expect(channel.read(0, 10, 1e6)).rejects.toThrow(/^NATS at 127.0.0.1:\d+ did not/);
    await expect(channel.positionOf("own")).rejects.toThrow(/^NATS at 127.0.0.1:\d+ did not/);
    await expect(nats.newLog().open("orders", { retain: KEEP_ALL })).rejects.toThrow("NATS");
    nats.server.resume();
    await untilAnswers(channel);
    await channel.append([entry(3)]);
    await untilAnswers(other);
    const kept = (await readAll(other)).map(({ data }) => Number(data));
    expect(seen.map(({ data }) => Number(data))).toEqual(kept);
    // The rejected event may be stored, but only once.
    expect(kept.filter((n) => n !== 2)).toEqual([1, 3]);
    expect(kept.length).toBeLessThanOrEqual(3);
  });

  it("rejects the opening of a channel without a server, and opens it once the server runs", async () => {
    await nats.server.kill();
    const log = nats.newLog();
    await expect(log.open("orders", { retain: KEEP_ALL })).rejects.toThrow(
      `There is no connection to NATS at 127.0.0.1:${nats.server.port}: connection refused.`,
    );
    await nats.server.start();
    const channel = await log.open("orders", { retain: KEEP_ALL });
    expect(await channel.append([entry(1)])).toEqual([1]);
  });
});
