// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ROOT } from "../programs/programs.mjs";
import { projectFiles } from "./run.mjs";

/** Hosts of registries: each machine has its own setting. Written in parts, or the check would find this file. */
const REGISTRIES = [
  ["registry", "npmjs", "org"],
  ["registry", "yarnpkg", "com"],
  ["deb", "debian", "org"],
  ["pypi", "org"],
  ["static", "crates", "io"],
  ["proxy", "golang", "org"],
  ["repo", "maven", "apache", "org"],
].map((labels) => labels.join("."));

/** Folders that exist on one machine only: homes, and the place of a working tree. */
const MACHINE_PATHS = [
  /(?<![\w.])\/(?:home|Users)\/[a-z]/i,
  /(?<![\w.])\/root\//,
  /(?<![\w.])\/work\/(?:main|shared)/,
  /\b[A-Z]:\\Users\\/,
];

/**
 * Returns the lines of a text that name a machine's path or a registry's host.
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
      const found = projectFiles().flatMap((path) => {
        const content = existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path)) : Buffer.alloc(0);
        if (content.includes(0)) return []; // a binary file
        return machineNames(content.toString()).map(({ line, what }) => `${path}:${line} names ${what}`);
      });
      if (found.length > 0) throw new Error(found.join("\n"));
    },
  },
];
