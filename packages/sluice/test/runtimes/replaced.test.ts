import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PackageCopy } from "./support/package-copy.ts";
import { Program } from "./support/program.ts";

/** The status of the answer to each kind of request if all files are there. */
const EXPECTED = { response: 200, source: 200, channel: 200, job: 200, broken: 500 };

describe("a server whose files are replaced while it runs", () => {
  let copy: PackageCopy;
  beforeEach(async () => {
    copy = await PackageCopy.make();
  });
  afterEach(() => copy[Symbol.asyncDispose]());

  const run = (file: string[] = []) =>
    new Program([process.execPath], "replaced.mjs", [join(copy.folder, "dist"), ...file]);

  it("continues, ends its streams and closes, with the parts that it has loaded", async () => {
    await using program = run();
    expect(await program.message("before")).toEqual({ before: EXPECTED });
    expect(await program.message("after")).toMatchObject({ after: EXPECTED });
    expect((await program.message("done")).done).toHaveLength(10);
    expect(program.stderr).toBe("");
  });

  it.each([
    ["transports/node/open-node-stream.js", { source: 503, channel: 503, job: 503, broken: 503 }, "load"],
    ["transports/fetch/open-fetch-stream.js", { response: 503 }, "load"],
    ["channel/loaded-channel.js", { channel: 503 }, "source"],
    ["logs/memory/memory-store.js", { channel: 503 }, "source"],
    ["jobs/job-progress.js", { job: 500 }, "source"],
    ["jobs/loaded-jobs.js", { job: 500 }, "job"],
  ])(
    "answers requests that need %s with an error while the file is missing, and reports the error",
    async (file, refused, stage) => {
      await using program = run([file]);
      const { before, stages } = await program.message("before");
      expect(before).toEqual({ ...EXPECTED, ...refused });
      expect(stages).toContain(stage);
      expect(await program.message("after")).toMatchObject({ after: EXPECTED });
      expect((await program.message("done")).done).toHaveLength(10);
      expect(program.stderr).toBe("");
    },
  );
});
