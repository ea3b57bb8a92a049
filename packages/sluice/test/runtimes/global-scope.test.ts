import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

const run = promisify(execFile);
const program = fileURLToPath(new URL("programs/global-scope.mjs", import.meta.url));

describe("the top level of a module, as in the global scope of a Cloudflare Worker", () => {
  it("may make a Sluice, channels, jobs and auth: no timer, random number or clock is used", async () => {
    const { stdout } = await run(process.execPath, [program]);
    expect(JSON.parse(stdout)).toEqual({ used: [], works: true });
  });
});
