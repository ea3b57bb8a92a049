// @ts-check
/** The options that interfaces of the package declare, read from their sources and doc comments. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSync } from "rolldown/utils";

/** @typedef {import("./interfaces.d.mts").Option} Option */
/** @typedef {{ readonly node: any, readonly source: string, readonly comments: readonly any[] }} Declaration */

/** Interfaces of the platform. Their options are documented there. */
const GLOBALS = ["RequestInit"];

/**
 * Returns every interface that the sources in a folder export, by name. Throws if two have the same name.
 * @param {string} folder
 * @returns {Map<string, Declaration>}
 */
export function readInterfaces(folder) {
  /** @type {Map<string, Declaration>} */
  const found = new Map();
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  for (const file of files.sort()) {
    const source = readFileSync(join(folder, file), "utf8");
    for (const declaration of interfacesOf(source, file)) {
      const { name } = declaration.node.id;
      // Internal interfaces may share a name; options may not, since the page finds them by it.
      if (found.has(name) && name.endsWith("Options")) throw new Error(`Two interfaces have the name ${name}.`);
      found.set(name, declaration);
    }
  }
  return found;
}

/**
 * Returns the options of an interface, inherited ones first.
 * @param {Map<string, Declaration>} interfaces
 * @param {string} name
 * @returns {Option[]}
 */
export function optionsOf(interfaces, name) {
  const declaration = interfaces.get(name);
  if (declaration === undefined) throw new Error(`There is no exported interface ${name}.`);
  const { node, source, comments } = declaration;
  const inherited = node.extends.flatMap((/** @type {any} */ parent) => inheritedFrom(interfaces, parent));
  const own = node.body.body.map((/** @type {any} */ member) => {
    const { meaning, default: stated } = splitComment(commentBefore(source, comments, member.start));
    return {
      name: member.key.name,
      type: typeText(source, member.typeAnnotation.typeAnnotation),
      meaning,
      default: stated ?? (member.optional ? undefined : "required"),
    };
  });
  return [...inherited, ...own];
}

/**
 * @param {string} source
 * @param {string} file
 * @returns {Declaration[]}
 */
function interfacesOf(source, file) {
  const { program, comments, errors } = parseSync(file, source, { sourceType: "module" });
  if (errors.length > 0) throw new SyntaxError(`${file}: ${errors[0]?.message}`);
  return program.body.flatMap((/** @type {any} */ statement) => {
    const node = statement.declaration;
    return statement.type === "ExportNamedDeclaration" && node?.type === "TSInterfaceDeclaration"
      ? [{ node, source, comments }]
      : [];
  });
}

/**
 * The options of `extends Parent` or `extends Omit<Parent, "a" | "b">`.
 * @param {Map<string, Declaration>} interfaces
 * @param {any} parent
 * @returns {Option[]}
 */
function inheritedFrom(interfaces, { expression, typeArguments }) {
  if (GLOBALS.includes(expression.name)) return [];
  if (expression.name !== "Omit") return optionsOf(interfaces, expression.name);
  const [base, omitted] = typeArguments.params;
  const names = (omitted.types ?? [omitted]).map((/** @type {any} */ type) => type.literal.value);
  return optionsOf(interfaces, base.typeName.name).filter(({ name }) => !names.includes(name));
}

/**
 * The source of a type on one line, without the `| undefined` that an optional property implies.
 * @param {string} source
 * @param {any} node
 */
function typeText(source, node) {
  const text = source.slice(node.start, node.end).replace(/\s+/g, " ");
  if (node.type !== "TSUnionType") return text;
  return text.replace(/ \| undefined$/, "").replace(/^\((\([^()]*\) => \w+)\)$/, "$1");
}

/**
 * The text of the doc comment that ends right before `start`, on one line.
 * @param {string} source
 * @param {readonly any[]} comments
 * @param {number} start
 */
function commentBefore(source, comments, start) {
  const comment = comments.find(
    ({ end, type }) => type === "Block" && end <= start && /^\s*$/.test(source.slice(end, start)),
  );
  return (comment?.value ?? "")
    .replace(/^\s*\*+/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}

/** "Default: …" or "Required …", up to the end of its sentence. */
const DEFAULT = /(?:^|(?<= ))(?:Default: (?<value>.+?)|(?<required>Required\b.*?))\.(?= [A-Z`]|$)/;

/**
 * Takes the sentence that states the default out of a doc comment.
 * @param {string} comment
 */
export function splitComment(comment) {
  const match = DEFAULT.exec(comment);
  const meaning = comment
    .replace(match?.[0] ?? "", "")
    .replace(/\s+/g, " ")
    .trim();
  const { value, required } = match?.groups ?? {};
  return { meaning, default: value ?? required?.replace(/^R/, "r") };
}
