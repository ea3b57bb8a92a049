import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import type { Program } from "./compile.ts";
import { codeBlocks, codeSpans, headingAnchors, linkTargets, namedScripts } from "./markdown.ts";

export const ROOT: string = fileURLToPath(new URL("../../../../..", import.meta.url));

const FOLDERS = ["docs", "packages", "examples", "bench", "chaos", "frameworks", "deploy"];
const NOT_OURS = /(^|\/)(node_modules|dist|run)\//;

/** Every Markdown file of the project, by its path from the root. */
export const DOCUMENTS: readonly string[] = [
  ...readdirSync(ROOT).filter((name) => name.endsWith(".md")),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .map((path) => posix.join(folder, path.replaceAll("\\", "/")))
      .filter((path) => path.endsWith(".md") && !NOT_OURS.test(path))
      .sort(),
  ),
];

/** Returns the text of a document. */
export function readDocument(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The first line of a block that is a file of a project. `npm run test:frameworks` compiles and runs these. */
const FILE_OF_PROJECT = /^(\/\/|<!--|#) \S+\.\w+( -->)?\n/;

/** Returns true if a document has a block that is a file of a project. */
export function hasFileOfProject(path: string): boolean {
  return codeBlocks(readDocument(path)).some(({ code }) => FILE_OF_PROJECT.test(code));
}

/** Returns the TypeScript blocks of a document as programs; `where` is for the names of tests. */
export function programsOf(path: string): (Program & { readonly where: string })[] {
  return codeBlocks(readDocument(path))
    .filter(({ language, code }) => language === "ts" && !FILE_OF_PROJECT.test(code))
    .map(({ code, line }) => ({
      name: `${path.replace(/\.md$/, "").replaceAll("/", "-")}-${line}`,
      where: `${path}, line ${line},`,
      code,
    }));
}

/** Returns the links of a document to a file that does not exist, or to a heading that its file does not have. */
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

/** Returns the links of a package's document that lead neither to a published file nor to a standard. */
export function linksOutOfPackage(markdown: string, published: readonly string[]): string[] {
  return linkTargets(markdown).filter((target) => {
    if (target.startsWith("#")) return false;
    if (/^[a-z][a-z+.-]*:/i.test(target)) return !STANDARDS.some((address) => target.startsWith(address));
    const file = posix.normalize((target.split("#")[0] ?? "").replace(/^\.\//, ""));
    return !published.some((name) => file === name || file.startsWith(`${name}/`));
  });
}

/** Returns the TypeScript files that code spans name (`channel/channel.ts`), and that the package does not have. */
export function unknownSources(markdown: string): string[] {
  const files = readdirSync(join(ROOT, "packages/sluice"), { recursive: true, encoding: "utf8" })
    .map((path) => `/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts") && !NOT_OURS.test(path));
  const names = codeSpans(markdown).filter((text) => /^[\w/.-]+\.ts$/.test(text));
  return names.filter((name) => !files.some((path) => path.endsWith(`/${name}`)));
}

/** Returns the paths from the root that code names (`packages/sluice/src`), and that do not exist. */
export function unknownPaths(markdown: string): string[] {
  const code = [...codeBlocks(markdown).map((block) => block.code), ...codeSpans(markdown)].join("\n");
  const paths = code.matchAll(/(?<![\w./-])(?:packages|examples|scripts|docs)\/[\w./-]+/g);
  return [...paths].map(([path]) => path).filter((path) => !existsSync(join(ROOT, path)));
}

/** The homes of the standards that the package implements. */
const STANDARDS = ["https://html.spec.whatwg.org/", "https://www.rfc-editor.org/", "https://standardschema.dev"];

/** Returns the scripts that a document names and its package does not have. */
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

/** The packages of the project by name; the root is `""`. */
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
