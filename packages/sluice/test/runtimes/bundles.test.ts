import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "rolldown";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const input = fileURLToPath(new URL("programs/bundled.mjs", import.meta.url));

describe("a program that is bundled with Sluice", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-bundled-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([
    ["one file", false],
    ["one file for each part that loads on demand", true],
  ])("as %s, streams a channel, a job and a source", async (_, codeSplitting) => {
    await build({
      input,
      platform: "node",
      output: { dir: folder, format: "esm", minify: true, codeSplitting, entryFileNames: "program.mjs" },
    });
    const files = await readdir(folder, { recursive: true });
    expect(files.length > 1).toBe(codeSplitting);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")]);
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ seen: ["edition: 1", "completed: done", "message: 2"] });
  });
});
