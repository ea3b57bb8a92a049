import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { NATS_SERVER, startNats } from "../support/nats-server.ts";
import { REDIS_SERVER, startRedis } from "../support/redis-server.ts";
import { commandOf } from "./command-of.ts";
import { Program } from "./program.ts";

const RUNTIMES = {
  "this Node": [process.execPath],
  "the newest Node": commandOf("node-newest"),
  Bun: commandOf("bun"),
  Deno: commandOf("deno", "run", "--node-modules-dir=manual", "--no-lock", "--allow-all"),
};

for (const [name, command] of Object.entries(RUNTIMES)) {
  describe.skipIf(command === undefined)(`logs on ${name}`, () => {
    const run = async (kind: string, address: string) => {
      await using program = new Program(command as string[], "log.mjs", [kind, address]);
      expect(await program.said("done")).toEqual({ done: 3 });
    };

    test("LMDB", async () => {
      const folder = await mkdtemp(join(tmpdir(), "sluice-runtimes-"));
      await run("lmdb", join(folder, "data"));
      await rm(folder, { recursive: true });
    });

    test.skipIf(REDIS_SERVER === undefined)("Redis", async () => {
      await using redis = await startRedis();
      await run("redis", redis.url);
    });

    test.skipIf(NATS_SERVER === undefined)("NATS", async () => {
      const nats = await startNats();
      await run("nats", nats.url).finally(() => nats.stop());
    });
  });
}
