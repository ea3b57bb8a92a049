// @ts-check
/**
 * Runs before `npm test`: finds the programs that tests need, installs the missing ones if it may, and names each suite
 * that will be skipped. If CI=true, no suite may be skipped: a missing program fails the run.
 *
 *     node scripts/programs/ensure-programs.mjs            the programs of `npm test` and `npm run test:client`
 *     node scripts/programs/ensure-programs.mjs proxies    the programs of `npm run test:proxies`
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { locateProgram, PROGRAMS, ROOT, recordPrograms, runtimePackages } from "./programs.mjs";

/** Debian runs this before it starts a service that a package brings; exit code 101 forbids the start. */
const SERVICE_POLICY = "/usr/sbin/policy-rc.d";

const [command] = process.argv.slice(2);
const needed = PROGRAMS.filter(({ suites }) =>
  command === undefined ? suites.some((suite) => suite !== "proxies") : suites.includes(command),
);

if (!runtimesAreUpToDate()) installRuntimes();
const packages = needed.filter((program) => !locateProgram(program)).flatMap((program) => program.packages ?? []);
if (packages.length > 0 && mayUseApt()) installPackages(packages);
report(recordPrograms());

/** Returns true if npm has installed each runtime for this platform, at the version of the lockfile. */
function runtimesAreUpToDate() {
  return needed
    .filter((program) => program.runtime)
    .every((program) => {
      const installed = runtimePackages(program).filter((candidate) => candidate.installed);
      return installed.length > 0 && installed.every((candidate) => candidate.installed === candidate.version);
    });
}

/** Installs the runtimes. They are binaries in npm packages; the install scripts only link them, and are skipped. */
function installRuntimes() {
  console.log("Installing the other runtimes (runtimes/package-lock.json) …");
  const done = run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: join(ROOT, "runtimes") });
  if (!done) console.error("npm ci in runtimes/ failed: see above.");
}

/** Returns true on Debian, as root. */
function mayUseApt() {
  const isDebian = existsSync("/etc/os-release") && /^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"));
  return isDebian && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

/** Installs Debian packages, without starting the servers that they bring. @param {string[]} packages */
function installPackages(packages) {
  console.log(`Installing Debian packages: ${packages.join(" ")} …`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  // If another apt-get holds the lock, wait for it.
  const options = ["-q", "-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3", "-o", "Dpkg::Use-Pty=0"];
  // A package would start its server on the default port. The tests start their own.
  const ownsPolicy = !existsSync(SERVICE_POLICY);
  if (ownsPolicy) writeFileSync(SERVICE_POLICY, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  const keepAlive = () => {}; // Ctrl-C ends apt-get; this process stays, to remove the policy.
  process.on("SIGINT", keepAlive);
  try {
    if (!run("apt-get", [...options, "update"], { env }))
      console.error("apt-get update failed; installing with the old lists.");
    if (!run("apt-get", [...options, "install", "-y", "--no-install-recommends", ...packages], { env })) {
      console.error("apt-get install failed: see above.");
    }
  } finally {
    if (ownsPolicy) rmSync(SERVICE_POLICY, { force: true });
    process.off("SIGINT", keepAlive);
  }
}

/**
 * Runs a command, and returns true if it succeeded.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} options
 */
function run(command, args, options) {
  return spawnSync(command, args, { ...options, stdio: ["ignore", "inherit", "inherit"] }).status === 0;
}

/** Prints each program's path, or how to install it. @param {Record<string, string | null>} found */
function report(found) {
  for (const { name } of needed) if (found[name]) console.log(`${name.padEnd(12)} ${found[name]}`);
  const absent = needed.filter((program) => !found[program.name]);
  for (const { name, isOptional } of absent)
    if (isOptional) console.log(`${name.padEnd(12)} not found, so it is left out`);
  const missing = absent.filter(({ isOptional }) => !isOptional);
  for (const { name, suites, packages } of missing) {
    const remedy = packages
      ? `install it (Debian: apt-get install ${packages.join(" ")})`
      : "npm ci in runtimes/ installed none for this platform";
    console.error(`${name.padEnd(12)} MISSING, so these tests are skipped: ${suites.join(", ")}; ${remedy}`);
  }
  if (missing.length > 0 && process.env.CI === "true") {
    console.error(`If CI=true, no test may be skipped. Missing: ${missing.map(({ name }) => name).join(", ")}.`);
    process.exitCode = 1;
  }
}
