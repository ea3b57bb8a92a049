import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NATS_SERVER, startNats } from "../support/stores/nats-server.ts";
import { REDIS_SERVER, startRedis } from "../support/stores/redis-server.ts";
import { commandOf } from "./support/command-of.ts";
import { Program } from "./support/program.ts";

const RUNTIMES = {
  "this Node": [process.execPath, "--expose-gc"],
  "the newest Node": commandOf("node-newest", "--expose-gc"),
  Bun: commandOf("bun"),
  Deno: commandOf("deno", "run", "--no-config", "--allow-all", "--v8-flags=--expose-gc"),
};

/** The streams of the second requests, which stay open. */
const OPEN = 6;

/**
 * Runs the program, and checks that no store of a request that has ended is still in memory, and that each callback
 * finds its own.
 */
async function expectNothingKept(command: readonly string[], ...log: readonly string[]): Promise<void> {
  await using program = new Program(command, "async-context.mjs", log);
  expect(await program.message("kept")).toEqual({ kept: [], streams: OPEN });
  const callbacks = { onClose: true, abort: true, finally: true, job: true };
  expect(await program.message("callbacks")).toEqual({ callbacks });
}

describe("the store of a request in AsyncLocalStorage", () => {
  describe("is collected after the request, though the Sluice that it made and the streams of others go on:", () => {
    for (const [name, command] of Object.entries(RUNTIMES))
      it.skipIf(command === undefined)(name, () => expectNothingKept(command as string[]));
  });

  describe("is collected although the request was the first to use the log:", () => {
    const node = RUNTIMES["this Node"];

    it("LMDB", async () => {
      const folder = await mkdtemp(join(tmpdir(), "sluice-context-"));
      await expectNothingKept(node, "lmdb", join(folder, "data")).finally(() => rm(folder, { recursive: true }));
    });

    it.skipIf(REDIS_SERVER === undefined)("Redis", async () => {
      await using redis = await startRedis();
      await expectNothingKept(node, "redis", redis.url);
    });

    it.skipIf(NATS_SERVER === undefined)("NATS", async () => {
      await using nats = await startNats();
      await expectNothingKept(node, "nats", nats.url);
    });
  });
});
