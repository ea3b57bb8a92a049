// @ts-check
/** The programs that tests need besides this Node: a browser, command-line programs, servers, the other runtimes. */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {import("./programs.d.mts").Program} Program */

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const RECORD = join(ROOT, "node_modules/.cache/sluice/programs.json");
const RUNTIMES = join(ROOT, "runtimes/node_modules");

/**
 * The programs, with the suites that need them and their Debian packages. Add a row if a suite needs another program.
 * @type {readonly Program[]}
 */
export const PROGRAMS = [
  {
    name: "chromium",
    suites: ["page", "compression in a browser", "client", "proxies"],
    commands: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    locations: ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"],
    // Without a font, text has no width that a test could measure.
    packages: ["chromium", "fonts-liberation"],
  },
  {
    name: "firefox",
    suites: ["client"],
    commands: ["firefox-esr", "firefox"],
    locations: ["/Applications/Firefox.app/Contents/MacOS/firefox"],
    packages: ["firefox-esr"],
  },
  { name: "curl", suites: ["compression", "wire"], commands: ["curl"], packages: ["curl"] },
  {
    name: "redis-server",
    suites: ["Redis log", "chaos"],
    variable: "REDIS_SERVER",
    commands: ["redis-server"],
    packages: ["redis-server"],
  },
  {
    name: "nats-server",
    suites: ["NATS log", "chaos"],
    variable: "NATS_SERVER",
    commands: ["nats-server"],
    packages: ["nats-server"],
  },
  { name: "nginx", suites: ["client", "proxies"], commands: ["nginx"], packages: ["nginx-light"] },
  { name: "haproxy", suites: ["proxies"], commands: ["haproxy"], packages: ["haproxy"] },
  { name: "caddy", suites: ["proxies"], commands: ["caddy"], packages: ["caddy"] },
  { name: "apache2", suites: ["proxies"], commands: ["apache2"], packages: ["apache2"] },
  { name: "varnishd", suites: ["proxies"], commands: ["varnishd"], packages: ["varnish"] },
  { name: "hitch", suites: ["proxies"], commands: ["hitch"], packages: ["hitch"] },
  // Debian has no packages of these two. `go install` builds Traefik.
  { name: "traefik", suites: ["proxies"], variable: "TRAEFIK", commands: ["traefik"], isOptional: true },
  { name: "envoy", suites: ["proxies"], variable: "ENVOY", commands: ["envoy"], isOptional: true },
  { name: "faketime", suites: ["wrong clocks"], commands: ["faketime"], packages: ["faketime"] },
  // runtimes/package-lock.json brings the other runtimes. If npm has none for this platform, PATH is searched.
  { name: "bun", suites: ["Bun", "client"], commands: ["bun"], runtime: [/^@oven\/bun-/, "bin/bun"] },
  { name: "deno", suites: ["Deno", "client"], commands: ["deno"], runtime: [/^@deno\//, "deno"] },
  {
    name: "node-newest",
    suites: ["newest Node", "client"],
    commands: [],
    runtime: [/^node-(linux|darwin)-/, "bin/node"],
  },
];

/**
 * Returns the packages of runtimes/package-lock.json that contain this runtime, each with its locked version and, if
 * npm installed it, the installed version.
 * @param {Program} program
 */
export function runtimePackages(program) {
  const [pattern, binary] = program.runtime ?? [];
  if (!pattern) return [];
  /** @type {{ packages: Record<string, { version?: string }> }} */
  const lock = JSON.parse(readFileSync(join(ROOT, "runtimes/package-lock.json"), "utf8"));
  return Object.entries(lock.packages)
    .map(([path, { version }]) => ({ name: path.replace("node_modules/", ""), version }))
    .filter(({ name }) => pattern.test(name))
    .map(({ name, version }) => {
      const manifest = join(RUNTIMES, name, "package.json");
      const installed = existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).version : undefined;
      return { path: join(RUNTIMES, name, /** @type {string} */ (binary)), version, installed };
    });
}

/**
 * Searches for a program: in its npm package, on PATH, then in its other locations. If its variable of the environment
 * is set, only the file that the variable names counts.
 * @param {Program} program
 */
export function locateProgram(program) {
  const named = namedBinary(program);
  if (named !== undefined) return isExecutable(named) ? named : undefined;
  // npm puts node_modules/.bin on PATH. A program there may replace one of the machine, so these folders are skipped.
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder && !folder.endsWith(".bin"));
  const candidates = [
    ...runtimePackages(program).map(({ path }) => path),
    ...program.commands.flatMap((command) => [...folders, "/usr/sbin"].map((folder) => join(folder, command))),
    ...(program.locations ?? []),
  ];
  return candidates.find(isExecutable);
}

/** Searches for every program, and records the paths for the tests. */
export function recordPrograms() {
  const found = Object.fromEntries(PROGRAMS.map((program) => [program.name, locateProgram(program) ?? null]));
  mkdirSync(dirname(RECORD), { recursive: true });
  writeFileSync(RECORD, `${JSON.stringify(found, null, 2)}\n`);
  return found;
}

/**
 * Returns the path of a program, or `undefined` if this machine does not have it.
 * @param {string} name
 */
export function programPath(name) {
  const program = PROGRAMS.find((candidate) => candidate.name === name);
  if (!program) throw new Error(`No program is called ${name}; known are ${PROGRAMS.map((p) => p.name).join(", ")}.`);
  if (namedBinary(program) !== undefined) return locateProgram(program);
  const recorded = existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, "utf8"))[name] : undefined;
  // The record may be out of date: a program may have been installed or removed since.
  return recorded && isExecutable(recorded) ? /** @type {string} */ (recorded) : locateProgram(program);
}

/** Returns the programs that this machine does not have. */
export function missingPrograms() {
  return PROGRAMS.filter((program) => programPath(program.name) === undefined);
}

/** @param {Program} program */
function namedBinary({ variable }) {
  return (variable !== undefined && process.env[variable]) || undefined;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
