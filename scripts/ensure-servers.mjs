// @ts-check
/**
 * Runs before `npm test`: finds the programs the tests run against, installs those that are missing where it may, and
 * names each suite that has to be left out. With CI=true nothing may be left out: then a missing program is a failure.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { locate, ROOT, recordServers, runtimePackages, SERVERS } from "./servers.mjs";

const POLICY = "/usr/sbin/policy-rc.d";

if (!runtimesAreUpToDate()) installRuntimes();
const packages = SERVERS.filter((server) => !locate(server)).flatMap((server) => server.packages ?? []);
if (packages.length > 0 && mayUseApt()) installPackages(packages);
report(recordServers());

/** A runtime is up to date when npm installed a package for this platform, at the version of the lockfile. */
function runtimesAreUpToDate() {
  return SERVERS.filter((server) => server.runtime).every((server) => {
    const installed = runtimePackages(server).filter((candidate) => candidate.installed);
    return installed.length > 0 && installed.every((candidate) => candidate.installed === candidate.version);
  });
}

/** The runtimes are binaries inside npm packages, so their install scripts, which only link them, need not run. */
function installRuntimes() {
  console.log("Installing the other runtimes (runtimes/package-lock.json) …");
  const done = run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: join(ROOT, "runtimes") });
  if (!done) console.error("npm ci in runtimes/ failed: see above.");
}

function mayUseApt() {
  const isDebian = existsSync("/etc/os-release") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
  return isDebian && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

/** @param {string[]} packages */
function installPackages(packages) {
  console.log(`Installing Debian packages: ${packages.join(" ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // Another apt-get may be at work: wait for it rather than fail.
  const options = ["-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0"];
  // A package that brings a server would also start it, on its usual port; the tests start their own.
  const ownsPolicy = !existsSync(POLICY);
  if (ownsPolicy) writeFileSync(POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const keepAlive = () => {}; // Ctrl-C ends apt-get; we go on to take the policy away.
  process.on("SIGINT", keepAlive);
  try {
    if (!run("apt-get", [...options, "update"], { env })) console.error("apt-get update failed; trying all the same.");
    if (!run("apt-get", [...options, "install", "-y", "--no-install-recommends", ...packages], { env })) {
      console.error("apt-get install failed: see above.");
    }
  } finally {
    if (ownsPolicy) rmSync(POLICY, { force: true });
    process.off("SIGINT", keepAlive);
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} options
 */
function run(command, args, options) {
  return spawnSync(command, args, { ...options, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

/** @param {Record<string, string | null>} found */
function report(found) {
  for (const [name, path] of Object.entries(found)) if (path) console.log(`${name.padEnd(12)} ${path}`);
  const missing = SERVERS.filter((server) => !found[server.name]);
  for (const { name, suites, packages } of missing) {
    const remedy = packages
      ? `install it (Debian: apt-get install ${packages.join(" ")})`
      : "npm ci in runtimes/ brought none for this platform";
    console.error(`${name.padEnd(12)} MISSING, so these tests are left out: ${suites.join(", ")}; ${remedy}`);
  }
  if (missing.length > 0 && process.env.CI === "true") {
    console.error(`With CI=true no test may be left out, but missing: ${missing.map(({ name }) => name).join(", ")}.`);
    process.exitCode = 1;
  }
}
