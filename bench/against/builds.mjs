import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../../scripts/programs/programs.mjs";
import { linkModules } from "./link-modules.mjs";

const PACKAGE = "packages/sluice";

/**
 * @typedef {object} Builds
 * @property {string} current URL of this working tree's `sluice` entry
 * @property {string} base URL of the commit's `sluice` entry
 */

/**
 * Returns the full hash of a commit. Throws if this repository has no such commit, or if the commit has no package.
 * @param {string} commit any name that git knows
 */
export function resolveCommit(commit) {
  const { status, stdout } = git("rev-parse", "--verify", "--quiet", "--end-of-options", `${commit}^{commit}`);
  const hash = stdout?.trim();
  if (status !== 0 || !hash) throw new Error(`--against: this repository has no commit "${commit}".`);
  if (git("cat-file", "-e", `${hash}:${PACKAGE}/package.json`).status !== 0) {
    throw new Error(`--against: the commit ${commit} has no ${PACKAGE}.`);
  }
  return hash;
}

/**
 * Builds a commit in a temporary working tree, and copies the build of this working tree, which `npm run bench` has
 * made, beside it. Later changes of the sources have no effect on the copy. Both are removed when the process exits.
 * @param {string} hash
 * @returns {Promise<Builds>}
 */
export async function prepareBuilds(hash) {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bench-"));
  const [tree, copy] = [join(folder, "commit"), join(folder, "this")];
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    // Also works without the folder: git then only forgets the working tree.
    git("worktree", "remove", "--force", tree);
  });

  for (const name of ["package.json", "dist"]) {
    const path = join(ROOT, PACKAGE, name);
    if (!existsSync(path)) throw new Error(`${PACKAGE}/${name} is missing. Run \`npm run build -w sluice\` first.`);
    cpSync(path, join(copy, name), { recursive: true });
  }
  const { status, stderr } = git("worktree", "add", "--detach", tree, hash);
  if (status !== 0) throw new Error(`git worktree add failed: ${stderr}`);
  linkModules(ROOT, tree);
  await build(tree);
  return { current: entryOf(copy), base: entryOf(join(tree, PACKAGE)) };
}

/**
 * Runs the package's build script in a working tree.
 * @param {string} tree
 */
async function build(tree) {
  // npm passes its own settings, this tree's prefix among them, to the scripts that it runs. They must not reach the
  // other tree.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
  // A process group of its own, so that all of its processes can be killed if this one exits early.
  const npm = spawn("npm", ["run", "build", "-w", "sluice"], {
    cwd: tree,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const kill = () => void (npm.pid && process.kill(-npm.pid, "SIGKILL"));
  process.prependOnceListener("exit", kill);
  let output = "";
  for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (text) => (output += text));
  const [code] = await once(npm, "close");
  process.off("exit", kill);
  if (code !== 0) throw new Error(`The build of the commit failed:\n${output}`);
}

/**
 * Returns the URL of the package's public entry `sluice`, as its `exports` define it.
 * @param {string} packageFolder
 */
function entryOf(packageFolder) {
  return pathToFileURL(createRequire(join(packageFolder, "package.json")).resolve("sluice")).href;
}

/** @param {string[]} args */
function git(...args) {
  return spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
}
