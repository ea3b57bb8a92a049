// @ts-check
/**
 * Writes the declarations for CommonJS: beside each `x.d.ts` of `dist` an `x.d.cts`. The package has one build, ES
 * modules, which `require()` loads too. But under `node16` and `node18` TypeScript believes that it cannot, and refuses
 * the declarations of an ES module in a CommonJS file.
 *
 * It also removes `#private` from both: a program that uses both kinds of modules sees both declarations of a class,
 * and must be able to pass an object from one to the other.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./programs/programs.mjs";

const DIST = join(ROOT, "packages/sluice/dist");

const PRIVATE = /^ *#private;\n/gm;
const SOURCE_MAP = /\n\/\/# sourceMappingURL=.*/;
const OWN_MODULE = /(from |import\()"(\.[^"]*)\.ts"/g;
/** Imports of types from packages. Those packages may be ES modules, whose types a CommonJS file must ask for. */
const PACKAGE_TYPES = /^(import type .* from "(?!\.|node:)[^"]*");/gm;

for (const file of readdirSync(DIST, { recursive: true, encoding: "utf8" })) {
  if (!file.endsWith(".d.ts")) continue;
  const path = join(DIST, file);
  const text = readFileSync(path, "utf8").replace(PRIVATE, "");
  writeFileSync(path, text);
  const commonjs = text
    .replace(SOURCE_MAP, "")
    .replace(OWN_MODULE, '$1"$2.cjs"')
    .replace(PACKAGE_TYPES, '$1 with { "resolution-mode": "import" };');
  writeFileSync(path.replace(/\.ts$/, ".cts"), commonjs);
}
