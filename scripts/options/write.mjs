// @ts-check
/** Writes docs/options.md from the doc comments: `npm run docs:options`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../programs/programs.mjs";
import { optionsPage, optionsWithoutDefault } from "./page.mjs";

writeFileSync(join(ROOT, "docs/options.md"), optionsPage());
for (const name of optionsWithoutDefault()) {
  console.error(`${name} states no default. Add "Default: …" or "Required …" to its doc comment.`);
  process.exitCode = 1;
}
