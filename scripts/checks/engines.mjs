// @ts-check
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { ROOT } from "../programs/programs.mjs";

/** @type {{ minVersion(range: string): { version: string }, satisfies(version: string, range: string): boolean }} */
const semver = createRequire(import.meta.url)("semver");

/** The lockfiles that `npm install` and `npm test` install from. */
const LOCKFILES = ["package-lock.json", "runtimes/package-lock.json"];

/**
 * Returns the packages of a lockfile that refuse this version of Node. npm prints `EBADENGINE` for each.
 * @param {{ packages: Record<string, { version?: string, engines?: { node?: string } }> }} lockfile
 * @param {string} node
 */
export function packagesThatRefuse({ packages }, node) {
  return Object.entries(packages).flatMap(([path, { version, engines }]) => {
    const range = engines?.node;
    return range === undefined || semver.satisfies(node, range) ? [] : `${path} ${version} needs Node ${range}`;
  });
}

export const engineChecks = [
  {
    name: "every package of a lockfile runs on the oldest Node that Sluice supports",
    run: () => {
      const { engines } = JSON.parse(readFileSync(join(ROOT, "packages/sluice/package.json"), "utf8"));
      const { version } = semver.minVersion(engines.node);
      const found = LOCKFILES.flatMap((path) => {
        const lockfile = JSON.parse(readFileSync(join(ROOT, path), "utf8"));
        return packagesThatRefuse(lockfile, version).map((refusal) => `${path}: ${refusal}`);
      });
      if (found.length > 0) throw new Error(`npm prints EBADENGINE on Node ${version}:\n${found.join("\n")}`);
    },
  },
];
