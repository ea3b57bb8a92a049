import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOSTS, MODULE_KINDS, makeConsumer, writeProject } from "../../../../scripts/consumer.mjs";

const TSC = fileURLToPath(new URL("../../../../node_modules/typescript/bin/tsc", import.meta.url));
const MANIFEST = new URL("../../package.json", import.meta.url);
const run = promisify(execFile);

describe("an application that uses the built package", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-consumer-"));
    makeConsumer(folder);
  });
  afterAll(() => rm(folder, { recursive: true }));

  // `npm run test:frameworks` does the same with TypeScript 5.
  const projects = MODULE_KINDS.flatMap((module) => HOSTS.map((host) => ({ module, ...host })));
  it.each(projects)("compiles as ES module and CommonJS, module $module, lib $lib, types $types", async (project) => {
    const path = writeProject(folder, project.module, project);
    const { stdout } = await run(process.execPath, [TSC, "-p", path, "--pretty", "false"]).catch((error) => error);
    expect(stdout).toBe("");
  });

  it("compiles every entry as CommonJS, module node16", async () => {
    const entries = await entriesOfPackage();
    const lines = entries.map((entry, index) => `import * as entry${index} from "${entry}";\nvoid entry${index};`);
    await writeFile(join(folder, "program.cts"), lines.join("\n"));
    const path = writeProject(folder, "node16", HOSTS[0]!);
    const { stdout } = await run(process.execPath, [TSC, "-p", path, "--pretty", "false"]).catch((error) => error);
    // Other packages may have errors of their own.
    const own = `${stdout}`.split("\n").filter((line) => /^(node_modules\/sluice\/|[^/]*: error|program)/.test(line));
    expect(own).toEqual([]);
  });

  it("loads every entry with require(), on this Node", async () => {
    const entries = await entriesOfPackage();
    expect(entries).toContain("sluice/nest");
    const load = `for (const entry of ${JSON.stringify(entries)})
      if (Object.keys(require(entry)).length > 0) console.log(entry);`;
    await writeFile(join(folder, "load.cjs"), load);
    const { stdout } = await run(process.execPath, ["--no-warnings", join(folder, "load.cjs")]);
    expect(stdout.trim().split("\n")).toEqual(entries);
  });

  it("imports and requires the same objects", async () => {
    const program = `import * as imported from "sluice"; import { createRequire } from "node:module";
      const required = createRequire(import.meta.url)("sluice");
      console.log(required.Channel === imported.Channel);`;
    await writeFile(join(folder, "same.mjs"), program);
    const { stdout } = await run(process.execPath, ["--no-warnings", join(folder, "same.mjs")]);
    expect(stdout.trim()).toBe("true");
  });
});

async function entriesOfPackage(): Promise<string[]> {
  const manifest = JSON.parse(await readFile(MANIFEST, "utf8")) as { exports: object };
  const entries = Object.keys(manifest.exports).filter((entry) => entry !== "./package.json");
  return entries.map((entry) => `sluice${entry.slice(1)}`);
}
