// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../servers.mjs";
import { projectFiles } from "./run.mjs";

/** Where packages come from is the business of the machine that fetches them. Taken apart, so as not to find ourselves. */
const REGISTRIES = [
  ["registry", "npmjs", "org"],
  ["registry", "yarnpkg", "com"],
  ["deb", "debian", "org"],
  ["pypi", "org"],
  ["static", "crates", "io"],
  ["proxy", "golang", "org"],
  ["repo", "maven", "apache", "org"],
].map((labels) => labels.join("."));

/** Folders in which only one machine has something: homes, and where this very tree is. */
const MACHINE_PATHS = [
  /(?<![\w.])\/(?:home|Users)\/[a-z]/i,
  /(?<![\w.])\/root\//,
  /(?<![\w.])\/work\/(?:main|shared)/,
  /\b[A-Z]:\\Users\\/,
];

/**
 * The lines of a text that name a machine's path or a registry's host.
 * @param {string} text
 * @returns {{ line: number, what: string }[]}
 */
export function machineNames(text) {
  const own = [ROOT.replace(/\/$/, ""), homedir()].filter((path) => path.length > 5);
  return text.split("\n").flatMap((content, index) => {
    const host = REGISTRIES.find((name) => content.includes(name));
    const path =
      own.find((name) => content.includes(name)) ?? MACHINE_PATHS.map((p) => content.match(p)?.[0]).find(Boolean);
    return [host, path].flatMap((what) => (what ? [{ line: index + 1, what }] : []));
  });
}

export const trackedFilesChecks = [
  {
    name: "no tracked file names a machine's path or a registry",
    run: () => {
      const said = projectFiles().flatMap((path) => {
        const content = existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path)) : Buffer.alloc(0);
        if (content.includes(0)) return []; // a picture
        return machineNames(content.toString()).map(({ line, what }) => `${path}:${line} names ${what}`);
      });
      if (said.length > 0) throw new Error(said.join("\n"));
    },
  },
];
