import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { RedisClient, RedisClients } from "../../../../src/logs/redis/connection/redis-client.ts";
import type { RedisGate } from "../../../../src/logs/redis/connection/redis-gate.ts";
import type { TailedChannel } from "../../../../src/logs/redis/read/named-read.ts";
import { RedisTail } from "../../../../src/logs/redis/read/redis-tail.ts";
import { ReadBudget } from "../../../../src/logs/shared/bounds/read-budget.ts";
import { until } from "../../../support/until.ts";

/** The client of the tail's connection. Its reads wait until the test answers them. */
describe("an entry does not arrive over the connection for events", () => {
  let tail: RedisTail;
  let connections: number;
  /** Answers the read in flight without an entry. */
  let answer: (() => void) | undefined;
  let fail: ((error: Error) => void) | undefined;

  const answers: Record<string, unknown> = { CLIENT: 1, SCRIPT: "sha", EVALSHA: [1, 0] };
  const client = {
    connect: async () => void connections++,
    on: () => undefined,
    destroy: () => fail?.(new Error("closed")),
    sendCommand: ([name]: readonly string[]) => {
      if (name !== "XREAD") return Promise.resolve(answers[name as string]);
      return new Promise((resolve, reject) => {
        fail = reject;
        answer = () => {
          answer = undefined;
          resolve(null);
        };
      });
    },
  } as unknown as RedisClient;
  const channel = {
    keys: ["log", "meta", "ids"],
    epoch: "e",
    received: 0,
    readAfter: "0-0",
  } as unknown as TailedChannel;

  beforeEach(async () => {
    connections = 0;
    answer = undefined;
    const clients: RedisClients = { address: "here", load: async () => undefined, make: () => client };
    const gate = { open: async () => ({}), connection: undefined } as unknown as RedisGate;
    const options = { clients, timeout: 60_000, gate, budget: new ReadBudget(1e6), changesKey: "c" };
    tail = new RedisTail({ ...options, onError: () => undefined, onRecovered: () => undefined });
    tail.follow(channel);
    await waitsAgain();
  });

  afterEach(() => tail.close(new Error("closed")));

  /** Resolves when a read waits for entries. */
  const waitsAgain = () => until("a read waits", () => answer !== undefined);

  it("counts as missed if a read waits since before a check found it missing", async () => {
    await nextTurn();
    expect(tail.hasMissed(performance.now())).toBe(true);
    answer = undefined;
    await waitsAgain();
    expect(connections).toBe(2);
  });

  it("counts as missed if a read began after the check, and has ended", async () => {
    const since = performance.now();
    answer?.();
    await waitsAgain();
    expect(tail.hasMissed(since)).toBe(false);
    answer?.();
    await waitsAgain();
    expect(tail.hasMissed(since)).toBe(true);
  });

  it("may be on its way if it was not missing before, or if the read began later: the connection stays", async () => {
    expect(tail.hasMissed(undefined)).toBe(false);
    const since = performance.now();
    answer?.();
    await waitsAgain();
    // A process whose event loop is late connects and reads late, and must not begin anew each time.
    expect(tail.hasMissed(since)).toBe(false);
    expect(connections).toBe(1);
  });
});
