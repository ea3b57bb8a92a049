import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect, promisify } from "node:util";
import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type RedisLogOptions, redisLog } from "../../../src/logs/redis/redis-log.ts";
import { REDIS_SERVER, type RedisServer, startRedis } from "../../support/redis-server.ts";
import { KEEP_ALL, logContract } from "../support/log-contract.ts";

const PASSWORD = "hunter2-9f3c";

/** Everything of an error that could end up in a log. */
function everything(error: unknown): string {
  return `${inspect(error, { depth: 20, showHidden: true })} ${JSON.stringify(error)} ${(error as Error).stack}`;
}

describe("the options of redisLog", () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ["neither client nor url", {}],
    ["both client and url", { client: createClient(), url: "redis://a" }],
    ["an option there is none of", { url: "redis://a", tiemout: 5 }],
    ["a timeout of no time", { url: "redis://a", timeout: 0 }],
    ["a prefix that is no string", { url: "redis://a", prefix: 5 }],
    ["an empty url", { url: "" }],
    ["a client of a cluster", { client: createCluster({ rootNodes: [{}] }) }],
    ["a client of Sentinels", { client: createSentinel({ name: "a", sentinelRootNodes: [{ host: "a", port: 1 }] }) }],
    ["a pool", { client: createClientPool() }],
    ["an object that is no client", { client: {} }],
  ];
  for (const [what, options] of wrong) {
    test(`refuses ${what}`, () => {
      expect(() => redisLog(options as RedisLogOptions)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    });
  }

  for (const url of [
    `redis://user:${PASSWORD}#x@127.0.0.1:6379`,
    `redis://${PASSWORD}?x@127.0.0.1:6379`,
    `redis://user:${PASSWORD}%zz@127.0.0.1:6379`,
    `redis://user:${PASSWORD}@127.0.0.1:port`,
    `http://user:${PASSWORD}@127.0.0.1`,
    `user:${PASSWORD}@127.0.0.1`,
    `redis://user:${PASSWORD}@127.0.0.1/database`,
  ]) {
    test(`refuses ${url.replace(PASSWORD, "***")}, and does not show it`, () => {
      let error: unknown;
      try {
        redisLog({ url });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toMatchObject({ code: "INVALID_OPTION" });
      expect(everything(error)).not.toContain(PASSWORD);
    });
  }

  test("a host that nobody is at is told without the password of the url", async () => {
    const errors: unknown[] = [];
    const onError = (told: unknown) => void errors.push(told);
    const url = `redis://user:${PASSWORD}@host.invalid:6379`;
    const log = redisLog({ url, timeout: 300 });
    const error = await Promise.resolve(log.open("a", { retain: KEEP_ALL, onError })).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "LOG_FAILED", message: expect.stringContaining("host.invalid:6379") });
    await log.close();
    for (const told of [error, ...errors]) expect(everything(told)).not.toContain(PASSWORD);
  });

  test("without the package redis, importing sluice/redis says what to install", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sluice-redis-"));
    const input = fileURLToPath(new URL("../../../src/logs/redis/redis-log.ts", import.meta.url));
    const { build } = await import("rolldown");
    await build({ input, external: ["redis"], output: { file: join(folder, "redis.mjs") } });
    const program = `await import("./redis.mjs").catch(({ code, message }) => console.log(code, message));`;
    await writeFile(join(folder, "program.mjs"), program);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")]);
    expect(stdout).toContain("MISSING_PACKAGE");
    expect(stdout).toContain("npm install redis");
    await rm(folder, { recursive: true });
  });
});

describe.skipIf(REDIS_SERVER === undefined)("redisLog with a client of the user's", () => {
  let redis: RedisServer;
  let places = 0;

  beforeAll(async () => {
    redis = await startRedis(["--requirepass", PASSWORD]);
  });

  afterAll(() => redis?.stop());

  for (const RESP of [2, 3] as const) {
    const client = () => createClient({ url: redis.url, password: PASSWORD, RESP, commandOptions: { timeout: 1 } });
    logContract(`redisLog by a client of RESP${RESP}`, () => redisLog({ client: client(), prefix: `${places++}:` }));
  }

  test("neither connects it, nor closes it, nor uses it", async () => {
    const client = createClient({ url: redis.url, password: PASSWORD });
    await client.connect();
    const idle = createClient({ url: redis.url, password: PASSWORD });
    for (const model of [client, idle]) {
      const log = redisLog({ client: model, prefix: `${places++}:` });
      const channel = await log.open("a", { retain: KEEP_ALL });
      await channel.append([{ type: "", data: "1", json: true }]);
      await log.close();
    }
    expect(await client.ping()).toBe("PONG");
    expect(idle.isOpen).toBe(false);
    client.destroy();
  });

  test("leaves no connection behind when it is closed", async () => {
    const client = createClient({ url: redis.url, password: PASSWORD });
    await client.connect();
    const log = redisLog({ client });
    await log.open("a", { retain: KEEP_ALL });
    await expect.poll(async () => (await client.clientList()).length).toBe(3);
    await log.close();
    await expect.poll(async () => (await client.clientList()).length).toBe(1);
    client.destroy();
  });

  /** What docs/logs.md says that a user must be allowed. */
  const PERMISSIONS =
    "~sluice:* +info +script|load +eval +evalsha +client|id +client|unblock +exists +hmget +hset +hsetnx " +
    "+xadd +xinfo|stream +xrange +xread +xtrim +zadd +zremrangebyscore +zscore";

  const asUser = async (name: string, rules: string): Promise<string> => {
    const admin = createClient({ url: redis.url, password: PASSWORD });
    await admin.connect();
    await admin.sendCommand(["ACL", "SETUSER", name, "on", `>${PASSWORD}`, ...rules.split(" ")]);
    admin.destroy();
    return redis.url.replace("//", `//${name}:${PASSWORD}@`);
  };

  test("needs no more permissions than are documented", async () => {
    const url = await asUser("narrow", PERMISSIONS);
    const errors: unknown[] = [];
    const onError = (told: unknown) => void errors.push(told);
    const log = redisLog({ url });
    const channel = await log.open("a", { retain: { events: 2, bytes: 1e6, age: 30 }, onError });
    let told = 0;
    channel.tail({ appended: (found) => void (told += found.length), trimmed() {}, reset() {} });
    for (let n = 1; n <= 5; n++) await channel.append([{ type: "", data: "1", json: true, id: String(n) }]);
    await channel.sync();
    expect(told).toBe(5);
    expect(await channel.positionOf("1")).toBeUndefined();
    await expect.poll(() => channel.first).toBe(6);
    expect(await channel.read(5, 10, 1e6)).toEqual([]);
    await log.close();
    expect(errors).toEqual([]);
  });

  test("says at once which permission is missing", async () => {
    const log = redisLog({ url: await asUser("blind", PERMISSIONS.replace("+info ", "")), timeout: 60_000 });
    await expect(log.open("a", { retain: KEEP_ALL })).rejects.toThrow(/lacks a permission.*info/);
    await log.close();
  });

  test("a wrong password is told at once, and not shown", async () => {
    const errors: unknown[] = [];
    const onError = (told: unknown) => void errors.push(told);
    const url = `redis://default:${PASSWORD}-wrong@127.0.0.1:${redis.port}`;
    const log = redisLog({ url, timeout: 60_000 });
    const error = await Promise.resolve(log.open("a", { retain: KEEP_ALL, onError })).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "LOG_FAILED", message: expect.stringContaining("WRONGPASS") });
    await log.close();
    expect(errors).toHaveLength(1);
    for (const told of [error, ...errors]) expect(everything(told)).not.toContain(PASSWORD);
  });
});
