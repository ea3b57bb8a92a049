// @ts-check
/** Finds the imports of a TypeScript or JavaScript module, and every module that one of them reaches. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseModule, visitNodes } from "./syntax-tree.mjs";

/** @typedef {import("./imports.d.mts").Import} Import */

/**
 * Returns every module that `source` names: by `import`, `export … from` and `import("…")`.
 * @param {string} source
 * @param {string} filename its ending decides the language
 * @returns {Import[]}
 */
export function importsOf(source, filename) {
  /** @type {Import[]} */
  const imports = [];
  visitNodes(parseModule(source, filename).program, (node) => {
    const kind = KINDS[node.type]?.(node);
    // The value of a computed specifier is unknown here, so the text of its expression stands in for it.
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
 * Returns true if a module does nothing but re-export by name: `export { a, type B } from "…"`.
 * @param {string} source
 * @param {string} filename
 */
export function onlyReexports(source, filename) {
  return parseModule(source, filename).program.body.every(
    (node) => node.type === "ExportNamedDeclaration" && node.source !== null,
  );
}

/**
 * Returns the modules that `entry` reaches: files, and external names (`node:fs`, `jose`) with the file that imports
 * them. Type-only imports load nothing and are skipped; dynamic imports count.
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
