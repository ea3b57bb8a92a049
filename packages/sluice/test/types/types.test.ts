import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** What the compiler says of a project of this folder; that it could not say anything is a fault too. */
function diagnostics(project: string): Promise<string> {
  const path = fileURLToPath(new URL(project, import.meta.url));
  const args = ["tsc", "-p", path, "--noEmit", "--pretty", "false"];
  return new Promise((resolve) => {
    execFile("npx", args, { cwd: ROOT }, (error, stdout) => resolve(stdout || String(error ?? "")));
  });
}

describe("the types of the built package", () => {
  it("compile what is right, and nothing that is marked as wrong", async () => {
    expect(await diagnostics("cases/tsconfig.json")).toBe("");
  });

  it("need no types of Node for the entries that need no Node", async () => {
    expect(await diagnostics("cases/worker/tsconfig.json")).toBe("");
  });
});
