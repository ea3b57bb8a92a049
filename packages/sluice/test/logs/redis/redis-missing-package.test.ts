import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "rolldown";
import { expect, it } from "vitest";

it("names the missing package redis when sluice/redis is imported", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-redis-"));
  const input = fileURLToPath(new URL("../../../src/logs/redis/redis-log.ts", import.meta.url));
  await build({ input, external: ["redis"], output: { file: join(folder, "redis.mjs") } });
  const program = `await import("./redis.mjs").catch(({ code, message }) => console.log(code, message));`;
  await writeFile(join(folder, "program.mjs"), program);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")]);
  expect(stdout).toContain("MISSING_PACKAGE");
  expect(stdout).toContain("npm install redis");
  await rm(folder, { recursive: true });
});
