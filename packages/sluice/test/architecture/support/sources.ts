import { readdirSync, readFileSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { type Import, importsOf } from "../../../../../scripts/imports.mjs";

/** The folder `src` of the package. */
export const SRC: string = fileURLToPath(new URL("../../../src", import.meta.url));

/** The text of each module, by its path within `src`: `protocol/parser.ts`. */
export type Sources = Readonly<Record<string, string>>;

/** Reads every module of `src`. */
export function readSources(): Sources {
  const paths = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return Object.fromEntries(paths.map((path) => [path.split(sep).join("/"), readFileSync(join(SRC, path), "utf8")]));
}

/** An import, with its target: a path within `src` if the specifier is relative, else `undefined`. */
export interface ResolvedImport extends Import {
  readonly file: string | undefined;
}

/** Returns the imports of one module, type-only and dynamic ones included. */
export function resolvedImports(path: string, source: string): ResolvedImport[] {
  return importsOf(source, path).map(({ specifier, kind }) => ({
    specifier,
    kind,
    file: specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : undefined,
  }));
}
