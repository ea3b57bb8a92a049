import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";

/** Returns the path of a file of deploy/. */
export function deployPath(name: string): string {
  return fileURLToPath(new URL(`../../${name}`, import.meta.url));
}

/** Resolves to the text of a file of deploy/. */
export function readDeployFile(name: string): Promise<string> {
  return readFile(deployPath(name), "utf8");
}

/**
 * Resolves to the documents of a YAML file of deploy/. Rejects if a document has an error or a warning.
 */
// biome-ignore lint/suspicious/noExplicitAny: a test names the fields, and fails if one is missing
export async function readYaml(name: string): Promise<any[]> {
  return parseAllDocuments(await readDeployFile(name), { merge: true }).map((document) => {
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw problem;
    return document.toJS();
  });
}
