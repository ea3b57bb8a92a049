import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { programPath } from "../../../scripts/programs/programs.mjs";

const MAIN = fileURLToPath(new URL("../main.mjs", import.meta.url));
const TIMEOUT_MS = 300_000;

/** Runs the example from the command line. Resolves to its exit code and its output. */
function run(...flags: string[]): Promise<{ code: number | string; printed: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...flags], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, printed: stdout + stderr });
    });
  });
}

const logs = [
  { log: "lmdb", processes: "node A and node B", isInstalled: true },
  { log: "redis", processes: "redis-server", isInstalled: programPath("redis-server") !== undefined },
  { log: "nats", processes: "nats-server", isInstalled: programPath("nats-server") !== undefined },
];

// The runs are at the same time: each mostly waits for its kills and restarts.
for (const { log, processes, isInstalled } of logs) {
  describe.skipIf(!isInstalled).concurrent(`the cluster example on ${log}`, () => {
    it(
      "misses no event although the nodes and the log are killed",
      async () => {
        const { code, printed } = await run("--log", log, "--seconds", "8");

        expect(printed).toContain("SIGKILL: node A");
        expect(printed).toContain(`SIGKILL: ${processes}`);
        expect(printed).toContain(`restarted: ${processes}`);
        const result = /^published (\d+) · received (\d+), (\d+), (\d+) · missing 0 · duplicates 0 · gaps 0$/m;
        const [, published, ...received] = result.exec(printed) ?? [printed];
        expect(received).toEqual([published, published, published]);
        expect(Number(published)).toBeGreaterThan(0);
        expect(code).toBe(0);
      },
      TIMEOUT_MS,
    );
  });
}

describe("the cluster example", () => {
  it.each([
    [["--log", "sqlite"], "--log must be one of redis, nats, lmdb"],
    [["--seconds", "soon"], "--seconds must be a number from 5"],
    [["--store", "redis"], "--store"],
  ])("prints the reason and exits with code 2 for the flags %j", async (flags, message) => {
    const { code, printed } = await run(...flags);

    expect(code).toBe(2);
    expect(printed).toContain(message);
  });
});
