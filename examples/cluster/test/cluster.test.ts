import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { programPath } from "../../../scripts/programs.mjs";

const MAIN = fileURLToPath(new URL("../main.mjs", import.meta.url));
const TIMEOUT_MS = 90_000;

/** Runs the example as one would; resolves to its exit code and to what it printed. */
function run(...flags: string[]): Promise<{ code: number | string; printed: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...flags], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, printed: stdout + stderr });
    });
  });
}

const logs = [
  { log: "lmdb", store: "node A and node B", isThere: true },
  { log: "redis", store: "redis-server", isThere: programPath("redis-server") !== undefined },
  { log: "nats", store: "nats-server", isThere: programPath("nats-server") !== undefined },
];

for (const { log, store, isThere } of logs) {
  describe.skipIf(!isThere)(`the cluster example on ${log}`, () => {
    it(
      "shows nothing missing though nodes and store were killed",
      async () => {
        const { code, printed } = await run("--log", log, "--seconds", "8");

        expect(printed).toContain("SIGKILL: node A");
        expect(printed).toContain(`SIGKILL: ${store}`);
        expect(printed).toContain(`started again: ${store}`);
        const [, published, ...received] =
          /^published (\d+) · received (\d+), (\d+), (\d+) · missing 0 · twice 0 · gaps 0$/m.exec(printed) ?? [printed];
        expect(received).toEqual([published, published, published]);
        expect(Number(published)).toBeGreaterThan(0);
        expect(code).toBe(0);
      },
      TIMEOUT_MS,
    );
  });
}

describe("the cluster example's flags", () => {
  it.each([
    [["--log", "sqlite"], "--log must be one of redis, nats, lmdb"],
    [["--seconds", "soon"], "--seconds must be a number from 5"],
    [["--store", "redis"], "--store"],
  ])("says what is wrong with %j", async (flags, message) => {
    const { code, printed } = await run(...flags);

    expect(code).toBe(2);
    expect(printed).toContain(message);
  });
});
