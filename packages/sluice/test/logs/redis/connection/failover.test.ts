import { describe, expect, it } from "vitest";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { REDIS_SERVER } from "../../../support/stores/redis-server.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { entries, entry, numbersOf, publish, useRedis } from "../support/use-redis.ts";

/** Timeout of a log that must connect on a busy machine and whose rejection comes only at the timeout, in ms. */
const PATIENT_MS = 3_000;

describe.skipIf(REDIS_SERVER === undefined)("redisLog, when the primary changes", () => {
  const { start, proxyTo, join, closeLater } = useRedis();

  it("follows to a promoted replica, and reports events that the replica lacks", async () => {
    const primary = await start(["--repl-diskless-sync-delay", "0"]);
    const replica = await start(["--replicaof", "127.0.0.1", String(primary.port)]);
    const proxy = await proxyTo(primary.port);
    const [a, b] = [await join(proxy.port), await join(proxy.port)];
    await a.channel.append(entries(1, 5));
    await expect.poll(() => replica.ask("HGET sluice:{orders}:meta last")).toContain("5");
    replica.pause();
    await a.channel.append(entries(6, 8));
    await expect.poll(() => b.channel.last).toBe(8);
    const { epoch } = a.channel;
    await primary.kill();
    replica.resume();
    await replica.ask("REPLICAOF NO ONE");
    proxy.retarget(replica.port);
    const offset = await publish(a.channel, 100);
    // Events on their way to the replica may have arrived, all or some.
    expect(offset).toBeGreaterThan(5);
    if (offset < 9) expect(a.channel.holds(epoch)).toBeUndefined();
    await expect.poll(() => numbersOf(b.seen).at(-1)).toBe(100);
    expect(b.channel.epoch).toBe(a.channel.epoch);
  });

  it("rejects while its server is a replica, and begins a new epoch when the server is the primary again", async () => {
    const redis = await start();
    const { channel } = await join(redis.port);
    await channel.append([entry(1)]);
    const { epoch } = channel;
    await redis.ask("REPLICAOF 127.0.0.1 1");
    const failure = await channel.append([entry(2)]).catch((error: Error) => error);
    expect(String(failure)).toContain("replica");
    await redis.ask("REPLICAOF NO ONE");
    expect(await publish(channel, 3)).toBe(2);
    // As a replica, the server may have taken over another primary's data.
    expect(channel.epoch).not.toBe(epoch);
    expect(channel.holds(epoch)).toBe(1);
  });

  it("does not open a channel on a replica", async () => {
    const primary = await start();
    const replica = await start(["--replicaof", "127.0.0.1", String(primary.port)]);
    const log = redisLog({ url: replica.url, timeout: PATIENT_MS });
    closeLater(log);
    await expect(log.open("orders", { retain: KEEP_ALL })).rejects.toThrow(/replica/);
  });
});
