// @ts-check
import { existsSync } from "node:fs";
import { join } from "node:path";
import { programPath, ROOT } from "../../scripts/programs/programs.mjs";
import { FRAMEWORKS } from "./fixtures.mjs";

const RUNTIMES = ["node-newest", "bun", "deno"];

/**
 * Returns the path of a program: of a runtime, or of `node_modules/.bin` of the fixture, of the frame or of the root.
 * @param {string} name
 * @param {string} folder the fixture's
 */
export function pathOfCommand(name, folder) {
  if (name === "node") return process.execPath;
  if (RUNTIMES.includes(name)) {
    const path = programPath(name);
    if (path === undefined) throw new Error(`${name} is missing. Run npm test, which installs it.`);
    return path;
  }
  const path = [folder, FRAMEWORKS, ROOT].map((root) => join(root, "node_modules/.bin", name)).find(existsSync);
  if (path === undefined) throw new Error(`No node_modules/.bin has ${name}.`);
  return path;
}
