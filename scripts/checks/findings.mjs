// @ts-check
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { ROOT } from "../programs/programs.mjs";
import { projectFiles } from "./run.mjs";

/** @typedef {{ line: number, message: string }} Finding */

/**
 * Returns the texts of all project files with one of these extensions.
 * @param {readonly string[]} extensions
 */
export function projectTexts(extensions) {
  return projectFiles()
    .filter((path) => extensions.includes(extname(path)) && existsSync(join(ROOT, path)))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/**
 * Throws if any file has a finding. The error lists `path:line message`, and ends with the number for each top folder.
 * @param {readonly { path: string, findings: readonly Finding[] }[]} files
 */
export function reportFindings(files) {
  const lines = files.flatMap(({ path, findings }) =>
    findings.map(({ line, message }) => `${path}:${line} ${message}`),
  );
  if (lines.length === 0) return;
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const { path, findings } of files) {
    const folder = path.includes("/") ? /** @type {string} */ (path.split("/")[0]) : "top folder";
    if (findings.length > 0) counts.set(folder, (counts.get(folder) ?? 0) + findings.length);
  }
  const summary = [...counts].map(([folder, count]) => `${folder} ${count}`).join(", ");
  throw new Error([...lines, `${lines.length} findings: ${summary}`].join("\n"));
}
