import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** Returns what the compiler prints for a project of this folder, or the error if it could not run. */
function diagnostics(project: string): Promise<string> {
  const path = fileURLToPath(new URL(project, import.meta.url));
  const args = ["tsc", "-p", path, "--noEmit", "--pretty", "false"];
  return new Promise((resolve) => {
    execFile("npx", args, { cwd: ROOT }, (error, stdout) => resolve(stdout || String(error ?? "")));
  });
}

describe("the types of the built package", () => {
  it("accept correct programs, and reject every line that is marked as an error", async () => {
    expect(await diagnostics("cases/tsconfig.json")).toBe("");
  });

  it("need no types of Node for the entries that run without Node", async () => {
    expect(await diagnostics("cases/worker/tsconfig.json")).toBe("");
  });
});
