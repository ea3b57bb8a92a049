// @ts-check
import { spawnSync } from "node:child_process";
import { delimiter, join } from "node:path";
import { ROOT } from "../programs/programs.mjs";

/**
 * Runs a program of node_modules/.bin or of the machine, and returns its output. If it fails, throws its output.
 * @param {string} command
 * @param {string[]} args
 * @param {string} [cwd]
 */
export function run(command, args, cwd = ROOT) {
  const PATH = [join(ROOT, "node_modules/.bin"), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH, NO_COLOR: "1", FORCE_COLOR: undefined };
  const child = spawnSync(command, args, { cwd, env, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  const printed = `${child.stdout ?? ""}${child.stderr ?? ""}`;
  if (child.error) throw child.error;
  if (child.status !== 0)
    throw new Error(printed || `${command} ended with ${child.status ?? child.signal} and printed nothing.`);
  return printed;
}

/** Returns the files that git tracks, and the new ones that it does not ignore. */
export function projectFiles() {
  return run("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).split("\0").filter(Boolean);
}
