// @ts-check
/** Makes the project that a fixture runs, from its page. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { filesOfPage } from "./page.mjs";

/** @typedef {import("./fixture.d.mts").NamedFixture} NamedFixture */

const TSCONFIG = {
  compilerOptions: {
    target: "ES2023",
    module: "NodeNext",
    types: ["node"],
    strict: true,
    skipLibCheck: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
  },
};

/**
 * Makes a project in `run/NAME-MODE` of the fixture's folder, and returns its path. It has the files of the folder
 * `project`, then those of the page. A tsconfig.json and a package.json are added if there are none.
 * @param {NamedFixture} fixture
 * @param {import("./fixture.d.mts").ModeName} mode
 */
export async function makeProject(fixture, mode) {
  const folder = join(fixture.folder, "run", `${fixture.name}-${mode}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const fixed = join(fixture.folder, "project");
  if (existsSync(fixed)) cpSync(fixed, folder, { recursive: true });
  const files = filesOfPage(fixture.page);
  if (files.size === 0) throw new Error(`docs/frameworks/${fixture.page} has no block that begins with a file's path.`);
  for (const [path, code] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), code);
  }
  for (const [name, content] of Object.entries({ "tsconfig.json": TSCONFIG, "package.json": { type: "module" } })) {
    if (!existsSync(join(folder, name))) writeFileSync(join(folder, name), `${JSON.stringify(content, null, 2)}\n`);
  }
  await fixture.prepare?.(folder, mode);
  return folder;
}
