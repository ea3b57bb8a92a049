import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "rolldown";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

describe("sluice/redis", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-redis-"));
    const input = fileURLToPath(new URL("../../../src/logs/redis/redis-log.ts", import.meta.url));
    await build({ input, external: ["redis"], output: { file: join(folder, "redis.mjs") } });
  });

  afterEach(() => rm(folder, { recursive: true }));

  /** Opens a channel in a process of its own, and returns the error that it prints. */
  const opening = async (options: string): Promise<string> => {
    const program = `
      import { redisLog } from "./redis.mjs";
      const retain = { events: 10, bytes: 1000, age: Infinity };
      const print = ({ code, message }) => console.log(code, message);
      try {
        await redisLog(${options}).open("x", { retain }).catch(print);
      } catch (error) {
        print(error);
      }
    `;
    await writeFile(join(folder, "program.mjs"), program);
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")]);
    return stdout;
  };

  it("names the missing package redis when a channel is opened with `url`", async () => {
    const printed = await opening(`{ url: "redis://127.0.0.1:1" }`);
    expect(printed).toContain("MISSING_PACKAGE");
    expect(printed).toContain("npm install redis");
  });

  it("names the oldest version that it can use if redis 4 is installed", async () => {
    const redis4 = join(folder, "node_modules/redis");
    await mkdir(redis4, { recursive: true });
    await writeFile(join(redis4, "index.js"), "exports.createClient = exports.createCluster = () => ({});");
    const printed = await opening(`{ url: "redis://127.0.0.1:1" }`);
    expect(printed).toContain("MISSING_PACKAGE");
    expect(printed).toContain('"redis" 5 or newer');
  });

  it("refuses a client of redis 4, which cannot be closed at once", async () => {
    const client = "{ duplicate() {}, sendCommand() {}, disconnect() {} }";
    expect(await opening(`{ client: ${client} }`)).toMatch(
      /^INVALID_OPTION `client` must be a client of the package `redis` 5 or newer/,
    );
  });
});
