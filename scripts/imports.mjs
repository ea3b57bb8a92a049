// @ts-check
/** Which modules a TypeScript or JavaScript module imports, and which modules can be reached from one. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseSync } from "rolldown/utils";

/** @typedef {import("./imports.d.mts").Import} Import */

/**
 * Every module that `source` names: by `import`, `export … from` and `import("…")`.
 * @param {string} source
 * @param {string} filename its ending tells the language
 * @returns {Import[]}
 */
export function importsOf(source, filename) {
  const { program, errors } = parseSync(filename, source, { sourceType: "module" });
  if (errors.length > 0) throw new SyntaxError(`${filename}: ${errors[0]?.message}`);
  /** @type {Import[]} */
  const imports = [];
  visit(program, (node) => {
    const kind = KINDS[node.type]?.(node);
    // What is computed when it runs cannot be known here: it counts as an import of the expression's text.
    if (kind) imports.push({ specifier: node.source.value ?? source.slice(node.source.start, node.source.end), kind });
  });
  return imports;
}

/** @type {Record<string, (node: any) => Import["kind"] | undefined>} */
const KINDS = {
  ImportDeclaration: (node) => (node.importKind === "type" ? "type" : "value"),
  ExportAllDeclaration: (node) => (node.exportKind === "type" ? "type" : "value"),
  ExportNamedDeclaration: (node) => node.source && (node.exportKind === "type" ? "type" : "value"),
  ImportExpression: () => "dynamic",
  TSImportType: () => "type",
};

/**
 * Calls `onNode` for every node of a syntax tree.
 * @param {any} tree
 * @param {(node: any) => void} onNode
 */
function visit(tree, onNode) {
  if (tree === null || typeof tree !== "object") return;
  if (typeof tree.type === "string") onNode(tree);
  for (const child of Object.values(tree)) visit(child, onNode);
}

/**
 * Whether a module does nothing but re-export by name: `export { a, type B } from "…"`.
 * @param {string} source
 * @param {string} filename
 */
export function onlyReexports(source, filename) {
  return parseSync(filename, source, { sourceType: "module" }).program.body.every(
    (node) => node.type === "ExportNamedDeclaration" && node.source !== null,
  );
}

/**
 * The modules that are loaded when `entry` is, in files and by other names (`node:fs`, `jose`), each with the file that
 * imports it. Type imports load nothing; dynamic ones are followed too, as something reachable.
 * @param {string} entry
 */
export function reachable(entry) {
  const files = new Set([entry]);
  /** @type {{ specifier: string, importer: string, kind: string }[]} */
  const externals = [];
  for (const importer of files) {
    for (const { specifier, kind } of importsOf(readFileSync(importer, "utf8"), importer)) {
      if (kind === "type") continue;
      if (specifier.startsWith(".")) files.add(resolve(dirname(importer), specifier));
      else externals.push({ specifier, importer, kind });
    }
  }
  return { files: [...files], externals };
}
