import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ROOT } from "../../programs/programs.mjs";
import type { RunResults } from "../../tests/results.mjs";

const RUN = join(ROOT, "scripts/tests/run.mjs");
const FIXTURES = join(ROOT, "scripts/test/tests/support/second-run");

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "sluice-second-run-"));
});

afterEach(() => rm(folder, { recursive: true }));

/** Runs the fixtures of these names. Returns the exit code, the output, and the results of the report. */
async function run(names: readonly string[], filters: readonly string[] = []) {
  const report = join(folder, "report.json");
  const { VITEST: _, ...parent } = process.env;
  const env = {
    ...parent,
    SECOND_RUN_FILES: names.map((name) => `${name}.fixture.ts`).join(","),
    SECOND_RUN_FOLDER: folder,
    SLUICE_TEST_REPORT: report,
  };
  const child = spawn(process.execPath, [RUN, "--root", FIXTURES, ...filters], { cwd: ROOT, env });
  const exited = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const [output, exitCode] = await Promise.all([text(child.stdout), exited, text(child.stderr)]);
  const { files } = JSON.parse(await readFile(report, "utf8")) as RunResults;
  const states = Object.fromEntries(files.flatMap(({ tests }) => tests.map(({ name, state }) => [name, state])));
  return { exitCode, output, states, isRunAgain: output.includes("They run once more, alone") };
}

// Each test starts Vitest once or twice.
describe("npm test", { timeout: 120_000 }, () => {
  it("runs a failed file once more, alone, and passes if the file passes then", async () => {
    const { exitCode, output, states } = await run(["first-time"]);
    expect(states).toEqual({ "fails the first time": "passed", passes: "passed" });
    expect(exitCode).toBe(0);
    expect(output).toMatch(/failed beside others, and passed alone:\n.*first-time\.fixture\.ts/);
  });

  it("fails if a file fails twice", async () => {
    const { exitCode, states, isRunAgain } = await run(["always", "first-time"]);
    expect(states).toEqual({ "fails each time": "failed", "fails the first time": "passed", passes: "passed" });
    expect([exitCode, isRunAgain]).toEqual([1, true]);
  });

  it("runs a file again if a hook of it failed", async () => {
    expect(await run(["hook"])).toMatchObject({ exitCode: 1, isRunAgain: true });
  });

  it("fails at once if a property has a counter-example", async () => {
    expect(await run(["property", "first-time"])).toMatchObject({ exitCode: 1, isRunAgain: false });
  });

  it("fails at once if no test caught an error", async () => {
    expect(await run(["unhandled"])).toMatchObject({ exitCode: 1, isRunAgain: false });
  });

  it("fails at once if the arguments name files: somebody works on them", async () => {
    expect(await run(["first-time"], ["first-time"])).toMatchObject({ exitCode: 1, isRunAgain: false });
  });
});
