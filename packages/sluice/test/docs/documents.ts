import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { headingAnchors, linkTargets, namedScripts } from "./markdown.ts";

export const ROOT: string = fileURLToPath(new URL("../../../..", import.meta.url));

/** A text of the project, by its path from the root. */
export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** What is written for those who read the project. */
export const DOCUMENTS: readonly string[] = [
  ...["README.md", "CONTRIBUTING.md", "CHANGELOG.md"],
  ...["packages/sluice/README.md", "packages/sluice/CHANGELOG.md"],
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** The links of a text that lead nowhere: to a file that does not exist, or to a heading that its file does not have. */
export function brokenLinks(path: string, markdown: string): string[] {
  return linkTargets(markdown).filter((target) => {
    if (/^[a-z][a-z+.-]*:/i.test(target)) return false;
    const [file = "", anchor] = target.split("#");
    if (file === "") return !headingAnchors(markdown).includes(anchor ?? "");
    const to = posix.join(dirname(path), decodeURIComponent(file));
    if (to.startsWith("..") || !existsSync(join(ROOT, to))) return true;
    return anchor !== undefined && !headingAnchors(readDocument(to)).includes(anchor);
  });
}

/** The scripts that a text names and the package it names them in does not have. */
export function unknownScripts(markdown: string): string[] {
  const manifests = workspaces();
  return namedScripts(markdown).flatMap(({ script, workspace = "" }) => {
    const scripts = manifests.get(workspace)?.scripts;
    return scripts?.[script] === undefined ? [`npm run ${script}${workspace && ` -w ${workspace}`}`] : [];
  });
}

interface Manifest {
  readonly name?: string;
  readonly workspaces?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
}

/** The packages of the project by their names; the root is `""`. */
function workspaces(): Map<string, Manifest> {
  const root = JSON.parse(readDocument("package.json")) as Manifest;
  const folders = (root.workspaces ?? []).flatMap((pattern) => {
    if (!pattern.endsWith("/*")) return [pattern];
    const parent = pattern.slice(0, -2);
    return readdirSync(join(ROOT, parent)).map((name) => `${parent}/${name}`);
  });
  const manifests = folders
    .filter((folder) => existsSync(join(ROOT, folder, "package.json")))
    .map((folder) => JSON.parse(readDocument(`${folder}/package.json`)) as Manifest);
  return new Map([["", root], ...manifests.map((manifest) => [manifest.name ?? "", manifest] as const)]);
}
