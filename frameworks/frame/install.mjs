// @ts-check
/** Installs what the fixtures need: the packages of the lockfiles, and Sluice as npm would publish it. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../scripts/checks/run.mjs";
import { FRAMEWORKS } from "./fixtures.mjs";

/** @typedef {import("./fixture.d.mts").NamedFixture} NamedFixture */

const CACHE = join(FRAMEWORKS, "node_modules/.cache");
/** The lockfile that was installed last, as a hash. It lies in `node_modules`, so both vanish together. */
const STAMP = "node_modules/.installed-lockfile";

/**
 * Installs the tools and the packages of each fixture, then packs Sluice and unpacks it for each of them.
 * @param {readonly NamedFixture[]} fixtures
 */
export function install(fixtures) {
  const folders = [...new Set(fixtures.map(({ folder }) => folder))];
  for (const folder of [FRAMEWORKS, ...folders]) installLocked(folder);
  const archive = pack();
  for (const folder of folders) unpack(archive, join(folder, "node_modules/sluice"));
}

/** Installs a folder's lockfile unless that is done. @param {string} folder */
export function installLocked(folder) {
  const lockfile = createHash("sha256")
    .update(readFileSync(join(folder, "package-lock.json")))
    .digest("hex");
  const stamp = join(folder, STAMP);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lockfile) return;
  console.log(`npm ci in ${folder.slice(FRAMEWORKS.length) || "frameworks"} …`);
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder);
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  writeFileSync(stamp, lockfile);
}

/** Packs the built package, and returns the archive's path. */
export function pack() {
  rmSync(CACHE, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  run("npm", ["pack", "-w", "sluice", "--silent", "--pack-destination", CACHE]);
  return join(CACHE, /** @type {string} */ (readdirSync(CACHE).find((name) => name.endsWith(".tgz"))));
}

/** Unpacks the archive into a folder. @param {string} archive @param {string} folder */
export function unpack(archive, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run("tar", ["-xzf", archive, "-C", folder, "--strip-components=1"]);
}
