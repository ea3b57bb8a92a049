// @ts-check
/** The fixtures: each folder of `fixtures/` has a file `fixture.mjs` that exports one as `fixture`, or several. */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** @typedef {import("./fixture.d.mts").NamedFixture} NamedFixture */

export const FRAMEWORKS = fileURLToPath(new URL("..", import.meta.url));
const FIXTURES = join(FRAMEWORKS, "fixtures");

/**
 * Returns the fixtures with these names, or in folders with these names, or all. Throws if there is none of a name.
 * @param {readonly string[]} names
 * @returns {Promise<NamedFixture[]>}
 */
export async function loadFixtures(names = []) {
  const folders = readdirSync(FIXTURES).filter((name) => existsSync(join(FIXTURES, name, "fixture.mjs")));
  const all = (await Promise.all(folders.map(loadFolder))).flat();
  const isNamed = (/** @type {NamedFixture} */ { name, folder }, /** @type {string} */ word) =>
    word === name || word === basename(folder);
  const unknown = names.filter((word) => !all.some((fixture) => isNamed(fixture, word)));
  if (unknown.length > 0)
    throw new Error(
      `No fixture is called ${unknown.join(", ")}. There are: ${all.map(({ name }) => name).join(", ")}.`,
    );
  return all.filter((fixture) => names.length === 0 || names.some((word) => isNamed(fixture, word)));
}

/** @param {string} name @returns {Promise<NamedFixture[]>} */
async function loadFolder(name) {
  const folder = join(FIXTURES, name);
  const exported = await import(pathToFileURL(join(folder, "fixture.mjs")).href);
  /** @type {Record<string, import("./fixture.d.mts").Fixture>} */
  const fixtures = exported.fixtures ?? { [name]: exported.fixture };
  return Object.entries(fixtures).map(([own, fixture]) => ({ ...fixture, name: own, folder }));
}

/** The modes in which a fixture runs, with a server for development first. @param {NamedFixture} fixture */
export function modesOf(fixture) {
  const names = /** @type {const} */ (["development", "production"]);
  return names.flatMap((name) => (fixture.modes[name] ? [{ name, mode: fixture.modes[name] }] : []));
}

/**
 * The modes of a server of one TypeScript file, `server.ts`: `tsx watch` and, compiled, Node.
 * @type {import("./fixture.d.mts").Fixture["modes"]}
 */
export const TYPESCRIPT_SERVER = {
  development: { start: ["tsx", "watch", "--clear-screen=false", "server.ts"], reload: "restarts" },
  production: { build: [["tsc", "-p", "."]], start: ["node", "server.js"], env: { NODE_ENV: "production" } },
};
