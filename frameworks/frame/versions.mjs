// @ts-check
/** The versions of the frameworks under test, from the lockfiles. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PROGRAMS, runtimePackages } from "../../scripts/programs/programs.mjs";

/** @typedef {import("./fixture.d.mts").NamedFixture} NamedFixture */

/** @type {Record<string, string>} */
const NAMES = { bun: "Bun", deno: "Deno", "node-newest": "Node" };

/**
 * Returns a text such as `Express 5.3.0`, or `Hono 4.13.19, @hono/node-server 2.1.9`.
 * @param {NamedFixture} fixture
 */
export function titleWithVersions({ title, folder, packages }) {
  /** @type {{ packages: Record<string, { version?: string }> }} */
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8"));
  const texts = packages.map((name, i) => {
    const version = runtimeVersion(name) ?? lock.packages[`node_modules/${name}`]?.version;
    if (version === undefined) throw new Error(`The lockfile of ${folder} has no ${name}.`);
    return `${i === 0 ? title : (NAMES[name] ?? name)} ${version}`;
  });
  return texts.length === 0 ? title : texts.join(", ");
}

/** The locked version of `bun`, `deno` or `node-newest`. @param {string} name */
function runtimeVersion(name) {
  const program = PROGRAMS.find((candidate) => candidate.name === name && candidate.runtime);
  return program && runtimePackages(program).find(({ version }) => version !== undefined)?.version;
}
