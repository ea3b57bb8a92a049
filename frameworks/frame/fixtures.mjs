// @ts-check
/** The fixtures: each folder of `fixtures/` with a file `fixture.mjs`. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** @typedef {import("./fixture.d.mts").NamedFixture} NamedFixture */

export const FRAMEWORKS = fileURLToPath(new URL("..", import.meta.url));
const FIXTURES = join(FRAMEWORKS, "fixtures");

/**
 * Returns the fixtures with these names, or all. Throws if there is none of a name.
 * @param {readonly string[]} names
 * @returns {Promise<NamedFixture[]>}
 */
export async function loadFixtures(names = []) {
  const known = readdirSync(FIXTURES).filter((name) => existsSync(join(FIXTURES, name, "fixture.mjs")));
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`No fixture is called ${unknown.join(", ")}. There are: ${known.join(", ")}.`);
  return Promise.all(
    known
      .filter((name) => names.length === 0 || names.includes(name))
      .map(async (name) => {
        const folder = join(FIXTURES, name);
        const { fixture } = await import(pathToFileURL(join(folder, "fixture.mjs")).href);
        return { ...fixture, name, folder };
      }),
  );
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
