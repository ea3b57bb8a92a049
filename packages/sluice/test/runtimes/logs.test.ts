import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NATS_SERVER, startNats } from "../support/stores/nats-server.ts";
import { REDIS_SERVER, startRedis } from "../support/stores/redis-server.ts";
import { commandOf } from "./support/command-of.ts";
import { Program } from "./support/program.ts";

const RUNTIMES = {
  "this Node": [process.execPath],
  "the newest Node": commandOf("node-newest"),
  Bun: commandOf("bun"),
  Deno: commandOf("deno", "run", "--node-modules-dir=manual", "--no-lock", "--allow-all"),
};

for (const [name, command] of Object.entries(RUNTIMES)) {
  describe.skipIf(command === undefined)(`Sluice on ${name}`, () => {
    const run = async (kind: string, address: string) => {
      await using program = new Program(command as string[], "log.mjs", [kind, address]);
      expect(await program.message("done")).toEqual({ done: 3 });
    };

    it("publishes to LMDB and reads from it", async () => {
      const folder = await mkdtemp(join(tmpdir(), "sluice-runtimes-"));
      await run("lmdb", join(folder, "data"));
      await rm(folder, { recursive: true });
    });

    it.skipIf(REDIS_SERVER === undefined)("publishes to Redis and reads from it", async () => {
      await using redis = await startRedis();
      await run("redis", redis.url);
    });

    it.skipIf(NATS_SERVER === undefined)("publishes to NATS and reads from it", async () => {
      const nats = await startNats();
      await run("nats", nats.url).finally(() => nats.stop());
    });
  });
}
