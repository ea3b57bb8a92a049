// @ts-check
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "rolldown";
import { ROOT } from "../servers.mjs";

/** What an entry may cost someone who bundles all of it: minified and gzipped, in bytes. */
const BUDGETS = [
  { entry: "sluice", file: "index.js", budget: 12_000 },
  { entry: "sluice/protocol", file: "protocol/index.js", budget: 2_000 },
];

export const sizeChecks = BUDGETS.map(({ entry, file, budget }) => ({
  name: `size of ${entry}`,
  run: async () => {
    const { minified, gzipped } = await measure(join(ROOT, "packages/sluice/dist", file));
    const said = `${gzipped} of ${budget} bytes gzipped (${Math.round((gzipped / budget) * 100)} %), ${minified} minified`;
    if (gzipped > budget) throw new Error(said);
    return said;
  },
}));

/** @param {string} input */
async function measure(input) {
  const { output } = await build({ input, write: false, platform: "neutral", output: { format: "esm", minify: true } });
  const code = output.map((chunk) => ("code" in chunk ? chunk.code : "")).join("");
  return { minified: Buffer.byteLength(code), gzipped: gzipSync(code, { level: 9 }).length };
}
