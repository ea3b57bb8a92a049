import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep } from "../../src/base/time/timers.ts";
import { NATS_SERVER, startNats } from "../support/stores/nats-server.ts";
import { REDIS_SERVER, startRedis } from "../support/stores/redis-server.ts";
import { until } from "../support/until.ts";

const SOURCES = fileURLToPath(new URL("../../src", import.meta.url));
const MODULES = fileURLToPath(new URL("../../../../node_modules", import.meta.url));
const TIMEOUT_MS = 60_000;
const IDLE_MS = 1_500;

/** A log, the server it needs, and an address at which no server listens. */
const LOGS = [
  { name: "redisLog", can: REDIS_SERVER, start: () => startRedis(), option: "url", nowhere: "redis://127.0.0.1:1" },
  { name: "natsLog", can: NATS_SERVER, start: () => startNats(), option: "servers", nowhere: "nats://127.0.0.1:1" },
  { name: "lmdbLog", can: "yes", start: undefined, option: "path", nowhere: "none/at/all" },
];

describe("a process with a shared log that it does not close", () => {
  let folder: string;
  let programs = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-idle-"));
    const input = {
      sluice: join(SOURCES, "index.ts"),
      redisLog: join(SOURCES, "logs/redis/redis-log.ts"),
      natsLog: join(SOURCES, "logs/nats/nats-log.ts"),
      lmdbLog: join(SOURCES, "logs/lmdb/lmdb-log.ts"),
    };
    const external = [/^node:/, "redis", /^@nats-io/, "lmdb"];
    await build({ input, external, output: { dir: folder, entryFileNames: "[name].mjs" } });
    await symlink(MODULES, join(folder, "node_modules"), "dir");
  });

  afterAll(() => rm(folder, { recursive: true }));

  /** Starts a program with a Sluice on a log. `ended` resolves to all that it prints, or rejects at the timeout. */
  const start = async (kind: string, option: string, address: string, source: string) => {
    const head = `
      import { createSluice } from "./sluice.mjs";
      import { ${kind} } from "./${kind}.mjs";
      const sluice = createSluice({ log: ${kind}({ ${option}: process.argv[2] }) });
      const orders = sluice.channel("orders", { latestBy: () => "one" });
      const exports_ = sluice.jobs("exports");
    `;
    const file = join(folder, `${kind}-${++programs}.mjs`);
    await writeFile(file, head + source);
    const program = { printed: "", ended: Promise.resolve("") };
    program.ended = new Promise((resolve, reject) => {
      const child = execFile(
        process.execPath,
        [file, address],
        { cwd: folder, timeout: TIMEOUT_MS },
        (error, out, err) => (error === null ? resolve(out + err) : reject(new Error(out + err, { cause: error }))),
      );
      child.stdout?.on("data", (text) => (program.printed += text));
    });
    return program;
  };

  /** Runs such a program to its end. */
  const run = async (...program: Parameters<typeof start>): Promise<string> => (await start(...program)).ended;

  it.each(LOGS)(
    "connects to nothing, reports nothing and ends if it only makes channels and jobs: $name",
    async (log) => {
      const use = "orders.subscribe(); exports_.progress('1'); sluice.stats(); sluice.health();";
      expect(await run(log.name, log.option, log.nowhere, use)).toBe("");
      expect(existsSync(join(folder, "none"))).toBe(false);
    },
  );

  describe.each(LOGS)("$name", ({ name, can, start: startServer, option }) => {
    const publish = `
      await orders.publish("placed", 1);
      await exports_.start(async () => "done").result;
      console.log("done");
    `;
    const iterate = `
      const waiting = orders.subscribe({ from: "start", types: ["paid"] })[Symbol.asyncIterator]().next();
      console.log("iterating");
      console.log((await waiting).value.data);
    `;

    it.skipIf(can === undefined)("lets it end after it has published, and run while it iterates", async () => {
      await using server = await startServer?.();
      const address = server?.url ?? join(folder, "data");
      expect(await run(name, option, address, publish)).toBe("done\n");
      const iterating = await start(name, option, address, iterate);
      await until("it iterates", () => iterating.printed === "iterating\n");
      // Long enough for a process that nothing holds to end.
      await sleep(IDLE_MS);
      await run(name, option, address, `await orders.publish("paid", "event")`);
      expect(await iterating.ended).toBe("iterating\nevent\n");
    });
  });
});
