import { createClient, createClientPool, createCluster, createSentinel } from "redis";
import { describe, expect, it } from "vitest";
import { type RedisLogOptions, redisLog } from "../../../src/logs/redis/redis-log.ts";
import { KEEP_ALL } from "../support/contracts/log-contract.ts";
import { PASSWORD, textOf } from "./support/password.ts";

describe("the options of redisLog", () => {
  it.each<readonly [string, unknown]>([
    ["neither client nor url", {}],
    ["both client and url", { client: createClient(), url: "redis://a" }],
    ["an unknown option", { url: "redis://a", tiemout: 5 }],
    ["a timeout of 0", { url: "redis://a", timeout: 0 }],
    ["maxReadBytes below 64 KiB", { url: "redis://a", maxReadBytes: 65_535 }],
    ["a fraction of maxReadBytes", { url: "redis://a", maxReadBytes: 65_536.5 }],
    ["a prefix that is not a string", { url: "redis://a", prefix: 5 }],
    ["an empty url", { url: "" }],
    ["a client of a cluster", { client: createCluster({ rootNodes: [{}] }) }],
    ["a client of Sentinels", { client: createSentinel({ name: "a", sentinelRootNodes: [{ host: "a", port: 1 }] }) }],
    ["a pool", { client: createClientPool() }],
    ["an object that is not a client", { client: {} }],
  ])("reject %s with INVALID_OPTION", (_, options) => {
    expect(() => redisLog(options as RedisLogOptions)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  it.each([
    "redis://user:***#x@127.0.0.1:6379",
    "redis://***?x@127.0.0.1:6379",
    "redis://user:***%zz@127.0.0.1:6379",
    "redis://user:***@127.0.0.1:port",
    "http://user:***@127.0.0.1",
    "user:***@127.0.0.1",
    "redis://user:***@127.0.0.1/database",
  ])("reject the url %s without showing its password", (url) => {
    let error: unknown;
    try {
      redisLog({ url: url.replace("***", PASSWORD) });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: "INVALID_OPTION" });
    expect(textOf(error)).not.toContain(PASSWORD);
  });

  it("do not show the password of the url if its host does not exist", async () => {
    const errors: unknown[] = [];
    const onError = (error: unknown) => void errors.push(error);
    const url = `redis://user:${PASSWORD}@host.invalid:6379`;
    const log = redisLog({ url, timeout: 300 });
    const thrown = await Promise.resolve(log.open("a", { retain: KEEP_ALL, onError })).catch((error) => error);
    expect(thrown).toMatchObject({ code: "LOG_FAILED", message: expect.stringContaining("host.invalid:6379") });
    await log.close();
    for (const error of [thrown, ...errors]) expect(textOf(error)).not.toContain(PASSWORD);
  });
});
