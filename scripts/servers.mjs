// @ts-check
/**
 * What the tests run against besides this Node: a browser, command-line programs, the other runtimes. Which there are,
 * which suites want them, and where they are found.
 */
import { accessSync, constants, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @typedef {import("./servers.d.mts").Server} Server */

export const ROOT = fileURLToPath(new URL("..", import.meta.url));
const RECORD = join(ROOT, "node_modules/.cache/sluice/servers.json");
const RUNTIMES = join(ROOT, "runtimes/node_modules");

/**
 * suite → program → Debian package. Add a row when a suite begins to need a program.
 * @type {readonly Server[]}
 */
export const SERVERS = [
  {
    name: "chromium",
    suites: ["page", "compression in a browser"],
    commands: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    places: ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"],
    // Without a font a page has no text, and so no widths to test.
    packages: ["chromium", "fonts-liberation"],
  },
  { name: "curl", suites: ["compression", "wire"], commands: ["curl"], packages: ["curl"] },
  { name: "redis-server", suites: ["Redis log", "chaos"], commands: ["redis-server"], packages: ["redis-server"] },
  { name: "nats-server", suites: ["NATS log", "chaos"], commands: ["nats-server"], packages: ["nats-server"] },
  // The other runtimes come from runtimes/package-lock.json; one from the machine will do where npm has none for it.
  { name: "bun", suites: ["Bun"], commands: ["bun"], runtime: [/^@oven\/bun-/, "bin/bun"] },
  { name: "deno", suites: ["Deno"], commands: ["deno"], runtime: [/^@deno\//, "deno"] },
  { name: "node-newest", suites: ["newest Node"], commands: [], runtime: [/^node-(linux|darwin)-/, "bin/node"] },
];

/**
 * The packages of runtimes/package-lock.json that hold this runtime, with their versions and whether npm installed them.
 * @param {Server} server
 */
export function runtimePackages(server) {
  const [pattern, binary] = server.runtime ?? [];
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
 * Looks for a program now: its npm package, then the machine's PATH, then its usual places.
 * @param {Server} server
 */
export function locate(server) {
  // npm run puts node_modules/.bin first on PATH; what is there stands in for a program of the machine, and is not one.
  const folders = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder && !folder.endsWith(".bin"));
  const candidates = [
    ...runtimePackages(server).map(({ path }) => path),
    ...server.commands.flatMap((command) => [...folders, "/usr/sbin"].map((folder) => join(folder, command))),
    ...(server.places ?? []),
  ];
  return candidates.find(isExecutable);
}

/** Finds every program and writes down where, for the tests. */
export function recordServers() {
  const found = Object.fromEntries(SERVERS.map((server) => [server.name, locate(server) ?? null]));
  mkdirSync(dirname(RECORD), { recursive: true });
  writeFileSync(RECORD, `${JSON.stringify(found, null, 2)}\n`);
  return found;
}

/**
 * Where a program is, or `undefined` when this machine does not have it: then its suite is left out (`describe.skipIf`).
 * @param {string} name
 */
export function serverPath(name) {
  const server = SERVERS.find((candidate) => candidate.name === name);
  if (!server) throw new Error(`No server is called ${name}; known are ${SERVERS.map((s) => s.name).join(", ")}.`);
  const recorded = existsSync(RECORD) ? JSON.parse(readFileSync(RECORD, "utf8"))[name] : undefined;
  // A program that came, or went, after the record was written is found all the same.
  return recorded && isExecutable(recorded) ? /** @type {string} */ (recorded) : locate(server);
}

/** The rows of the table whose program this machine does not have. */
export function missingServers() {
  return SERVERS.filter((server) => serverPath(server.name) === undefined);
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
