import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "rolldown";
import { expect, it } from "vitest";

it("sluice/auth can be imported without the package jose, and createAuth() names the package to install", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-auth-"));
  const input = fileURLToPath(new URL("../../src/auth/index.ts", import.meta.url));
  await build({ input, external: ["jose"], output: { file: join(folder, "auth.mjs") } });
  const program = `
    import { createAuth } from "./auth.mjs";
    const secret = "a secret of thirty-two bytes or more";
    await createAuth({ secret }).catch(({ code, message }) => console.log(code, message));
  `;
  await writeFile(join(folder, "program.mjs"), program);
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "program.mjs")]);
  expect(stdout).toContain("MISSING_PACKAGE");
  expect(stdout).toContain("npm install jose");
  await rm(folder, { recursive: true });
});
