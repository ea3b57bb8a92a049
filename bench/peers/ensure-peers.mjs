import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** Installs the peers of this folder unless npm has installed the versions of its lockfile. Throws if npm fails. */
export function ensurePeers() {
  if (isUpToDate()) return;
  console.log("Installing the peers that need a newer Node (bench/peers/package-lock.json) …");
  const { status } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: FOLDER, stdio: "inherit" });
  if (status !== 0) throw new Error("npm ci in bench/peers failed: see above.");
}

function isUpToDate() {
  /** @type {{ packages: Record<string, { version?: string }> }} */
  const { packages } = JSON.parse(readFileSync(`${FOLDER}package-lock.json`, "utf8"));
  return Object.entries(packages).every(([path, { version }]) => path === "" || installedVersion(path) === version);
}

/** @param {string} path */
function installedVersion(path) {
  const manifest = `${FOLDER}${path}/package.json`;
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : undefined;
}
