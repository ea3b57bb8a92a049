import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Program } from "./program.ts";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/** The status of the answer to each kind of request, where nothing is amiss. */
const ALL_IS_WELL = { response: 200, source: 200, channel: 200, job: 200, broken: 500 };

describe("a server whose files are replaced while it runs", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-replaced-"));
    await cp(join(PACKAGE, "dist"), join(folder, "dist"), { recursive: true });
    await symlink(join(PACKAGE, "package.json"), join(folder, "package.json"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const run = (file: string[] = []) => new Program([process.execPath], "replaced.mjs", [join(folder, "dist"), ...file]);

  test("goes on, ends its streams and closes with what it has loaded", async () => {
    await using program = run();
    expect(await program.said("before")).toEqual({ before: ALL_IS_WELL });
    expect(await program.said("after")).toMatchObject({ after: ALL_IS_WELL });
    expect((await program.said("done")).done).toHaveLength(10);
    expect(program.complaints).toBe("");
  });

  test.each([
    ["transports/node.js", { source: 503, channel: 503, job: 503, broken: 503 }, "load"],
    ["transports/fetch.js", { response: 503 }, "load"],
    ["channel/open-channel.js", { channel: 503 }, "log"],
    ["logs/memory/memory-channel-log.js", { channel: 503 }, "log"],
    ["jobs/job-progress.js", { job: 500 }, "source"],
  ])("answers with an error, and reports it, what needs %s while that is not there", async (file, refused, stage) => {
    await using program = run([file]);
    const { before, stages } = await program.said("before");
    expect(before).toEqual({ ...ALL_IS_WELL, ...refused });
    expect(stages).toContain(stage);
    expect(await program.said("after")).toMatchObject({ after: ALL_IS_WELL });
    expect((await program.said("done")).done).toHaveLength(10);
    expect(program.complaints).toBe("");
  });
});
