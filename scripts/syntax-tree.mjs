// @ts-check
import { parseSync } from "rolldown/utils";

/**
 * Parses a TypeScript or JavaScript module. Throws `SyntaxError` if it is not one.
 * @param {string} source
 * @param {string} filename its ending decides the language
 */
export function parseModule(source, filename) {
  const { program, comments, errors } = parseSync(filename, source, { sourceType: "module" });
  if (errors.length > 0) throw new SyntaxError(`${filename}: ${errors[0]?.message}`);
  return { program, comments };
}

/**
 * Calls `onNode` for every node of a syntax tree, parents first.
 * @param {any} tree
 * @param {(node: any) => void} onNode
 */
export function visitNodes(tree, onNode) {
  if (tree === null || typeof tree !== "object") return;
  if (typeof tree.type === "string") onNode(tree);
  for (const child of Object.values(tree)) visitNodes(child, onNode);
}
