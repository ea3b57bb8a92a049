import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { freePort } from "../../../../../../scripts/programs/server-process.mjs";
import { redisClients } from "../../../../src/logs/redis/connection/redis-client.ts";
import type { RedisConnection } from "../../../../src/logs/redis/connection/redis-connection.ts";
import type { RedisGate } from "../../../../src/logs/redis/connection/redis-gate.ts";
import type { TailedChannel } from "../../../../src/logs/redis/read/named-read.ts";
import { RedisTail } from "../../../../src/logs/redis/read/redis-tail.ts";
import { ReadBudget } from "../../../../src/logs/shared/bounds/read-budget.ts";
import { until } from "../../../support/until.ts";

/** No server listens at the address of the tail, so each of its connections fails. */
describe("the connection for events fails again and again", () => {
  let tail: RedisTail;
  let errors: unknown[];
  let attempts: number;
  /** The connection of the gate at each attempt of the tail, and after it. */
  let connectionAt: (attempt: number, isAfter: boolean) => object | undefined;

  beforeEach(async () => {
    errors = [];
    attempts = 0;
    const clients = redisClients(undefined, `redis://127.0.0.1:${await freePort()}`, 1_000);
    await clients.load();
    const gate = {
      open: async () => connectionAt(++attempts, false) as RedisConnection,
      get connection() {
        return connectionAt(attempts, true) as RedisConnection | undefined;
      },
    } as unknown as RedisGate;
    const onError = (error: unknown) => void errors.push(error);
    const budget = new ReadBudget(1e6);
    tail = new RedisTail({ clients, timeout: 1_000, gate, budget, changesKey: "c", onError, onRecovered: () => {} });
  });

  afterEach(() => tail.close(new Error("closed")));

  async function follow(count: number): Promise<void> {
    tail.follow({ keys: ["log", "meta", "ids"] } as unknown as TailedChannel);
    // Each attempt begins at once.
    await until(`${count} attempts`, () => {
      tail.hurry();
      return attempts > count;
    });
  }

  it("is reported once if the connection for commands stays", async () => {
    const working = {};
    connectionAt = () => working;
    await follow(5);
    expect(errors).toHaveLength(1);
  });

  it("is not reported if the connection for commands breaks each time too", async () => {
    connectionAt = (attempt, isAfter) => ({ attempt, isAfter });
    await follow(5);
    expect(errors).toEqual([]);
  });

  it("is reported once the connection for commands stays", async () => {
    const working = {};
    connectionAt = (attempt) => (attempt > 3 ? working : { attempt });
    await follow(6);
    expect(errors).toHaveLength(1);
  });
});
