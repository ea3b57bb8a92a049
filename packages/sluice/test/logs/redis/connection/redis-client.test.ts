import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { REDIS_SERVER, type RedisServer, startRedis } from "../../../support/stores/redis-server.ts";
import { KEEP_ALL, logContract } from "../../support/contracts/log-contract.ts";
import { PASSWORD, textOf } from "../support/password.ts";

/** The permissions that docs/logs.md asks for. */
const PERMISSIONS =
  "~sluice:* +info +script|load +eval +evalsha +client|id +client|unblock +exists +hmget +hset +hsetnx " +
  "+time +xadd +xinfo|stream +xrange +xread +xtrim +zadd +zremrangebyscore +zscore";

describe.skipIf(REDIS_SERVER === undefined)("redisLog on a Redis with a password", () => {
  let redis: RedisServer;
  let prefixes = 0;

  beforeAll(async () => {
    redis = await startRedis(["--requirepass", PASSWORD]);
  });

  afterAll(() => redis?.stop());

  /** Returns a prefix under which there are no keys yet. */
  const newPrefix = () => `${prefixes++}:`;

  for (const RESP of [2, 3] as const) {
    const client = () => createClient({ url: redis.url, password: PASSWORD, RESP, commandOptions: { timeout: 1 } });
    const open = () => redisLog({ client: client(), prefix: newPrefix() });
    logContract(`redisLog with a client of RESP${RESP}`, open);
  }

  it("neither connects, closes nor uses the user's client", async () => {
    const client = createClient({ url: redis.url, password: PASSWORD });
    await client.connect();
    const idle = createClient({ url: redis.url, password: PASSWORD });
    for (const model of [client, idle]) {
      const log = redisLog({ client: model, prefix: newPrefix() });
      const channel = await log.open("a", { retain: KEEP_ALL });
      await channel.append([{ type: "", data: "1", json: true }]);
      await log.close();
    }
    expect(await client.ping()).toBe("PONG");
    expect(idle.isOpen).toBe(false);
    client.destroy();
  });

  it("leaves no connection open when it is closed", async () => {
    const client = createClient({ url: redis.url, password: PASSWORD });
    await client.connect();
    const log = redisLog({ client });
    await log.open("a", { retain: KEEP_ALL });
    await expect.poll(async () => (await client.clientList()).length).toBe(3);
    await log.close();
    await expect.poll(async () => (await client.clientList()).length).toBe(1);
    client.destroy();
  });

  /** Creates a user with these permissions. Returns a URL with its name and password. */
  const createUser = async (name: string, rules: string): Promise<string> => {
    const admin = createClient({ url: redis.url, password: PASSWORD });
    await admin.connect();
    await admin.sendCommand(["ACL", "SETUSER", name, "on", `>${PASSWORD}`, ...rules.split(" ")]);
    admin.destroy();
    return redis.url.replace("//", `//${name}:${PASSWORD}@`);
  };

  it("needs no permissions beyond the documented ones", async () => {
    const url = await createUser("narrow", PERMISSIONS);
    const errors: unknown[] = [];
    const onError = (error: unknown) => void errors.push(error);
    const log = redisLog({ url });
    const channel = await log.open("a", { retain: { events: 2, bytes: 1e6, age: 30 }, onError });
    let received = 0;
    channel.tail({ appended: (found) => void (received += found.length), trimmed() {}, reset() {} });
    for (let n = 1; n <= 5; n++) await channel.append([{ type: "", data: "1", json: true, id: String(n) }]);
    await channel.sync();
    expect(received).toBe(5);
    expect(await channel.positionOf("1")).toBeUndefined();
    await expect.poll(() => channel.first).toBe(6);
    expect(await channel.read(5, 10, 1e6)).toEqual([]);
    await log.close();
    expect(errors).toEqual([]);
  });

  it("rejects at once if a permission is missing, and names it", async () => {
    const log = redisLog({ url: await createUser("blind", PERMISSIONS.replace("+info ", "")), timeout: 60_000 });
    await expect(log.open("a", { retain: KEEP_ALL })).rejects.toThrow(/lacks a permission.*info/);
    await log.close();
  });

  it("rejects a wrong password at once without showing it", async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => void errors.push(error);
    const url = `redis://default:${PASSWORD}-wrong@127.0.0.1:${redis.port}`;
    const log = redisLog({ url, timeout: 60_000 });
    const thrown = await Promise.resolve(log.open("a", { retain: KEEP_ALL, onError })).catch((error) => error);
    expect(thrown).toMatchObject({ code: "LOG_FAILED", message: expect.stringContaining("WRONGPASS") });
    await log.close();
    expect(errors).toHaveLength(1);
    for (const error of [thrown, ...errors]) expect(textOf(error)).not.toContain(PASSWORD);
  });
});
