// @ts-check
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "rolldown";
import { ROOT } from "../programs/programs.mjs";

/**
 * The largest size of each entry, minified and gzipped, in bytes. `budget` leaves out the parts that load on demand,
 * `inAll` counts them, those for tabs included. `only`: of a program that imports this name alone.
 * `beyond`: the budget is for the bytes that the entry adds to a program that imports this name of `sluice/client`.
 * @typedef {{ entry: string, file: string, only?: string, beyond?: string, budget: number, inAll?: number }} Budget
 * @type {readonly Budget[]}
 */
const BUDGETS = [
  { entry: "sluice", file: "index.js", budget: 12_000 },
  { entry: "sluice/protocol", file: "protocol/index.js", budget: 2_000 },
  { entry: "sluice/client", file: "client/index.js", only: "EventSource", budget: 3_000 },
  { entry: "sluice/client", file: "client/index.js", only: "openEventStream", budget: 4_500, inAll: 10_170 },
  { entry: "sluice/react", file: "react/index.js", budget: 1_000, beyond: "openEventStream" },
  { entry: "sluice/fetch-event-source", file: "fetch-event-source/index.js", budget: 6_000 },
];

const DIST = join(ROOT, "packages/sluice/dist");

export const sizeChecks = BUDGETS.map(({ entry, file, only, beyond, budget, inAll = Number.POSITIVE_INFINITY }) => ({
  name: `size of ${only === undefined ? entry : `${only} of ${entry}`}`,
  run: async () => {
    const { minified, gzipped, later, modules } = await measure(join(DIST, file), only);
    const onDemand = later.reduce((sum, chunk) => sum + chunk.gzipped, 0);
    const total = gzipped + onDemand;
    const base = beyond === undefined ? 0 : (await measure(join(DIST, "client/index.js"), beyond)).gzipped;
    const added = gzipped - base;
    const parts = [`${added} of ${budget} bytes gzipped, ${minified} minified`];
    if (beyond !== undefined) parts.push(`${gzipped} with the ${base} of ${beyond}`);
    if (onDemand > 0) parts.push(`${onDemand} gzipped on demand`);
    if (inAll < Number.POSITIVE_INFINITY) {
      parts.push(...later.map((chunk) => `${chunk.name}: ${chunk.gzipped}`));
      parts.push(`${total} of ${inAll} in all`);
    }
    const sizes = parts.join("; ");
    if (added > budget || total > inAll)
      throw new Error([`${sizes}. The largest modules, before minifying:`, ...modules].join("\n"));
    return sizes;
  },
}));

const LARGEST_SHOWN = 12;

/**
 * Bundles a file, or a program that imports one name from it, and returns the sizes in bytes, the chunks that load on
 * demand, and the largest modules.
 * @param {string} file
 * @param {string} [only]
 */
async function measure(file, only) {
  const input = only === undefined ? file : PROGRAM;
  const { output } = await build({
    input,
    plugins: only === undefined ? [] : [programOf(`export { ${only} } from ${JSON.stringify(file)};`)],
    write: false,
    platform: "neutral",
    external: [/^node:/, "react"],
    // Without `comments: false`, notes for other bundlers stay: "pure" before `new Set`.
    output: { format: "esm", minify: true, comments: false },
  });
  const all = output.filter((file) => file.type === "chunk");
  const chunks = initialChunks(all);
  const code = chunks.map((chunk) => chunk.code).join("");
  const modules = chunks
    .flatMap((chunk) => Object.entries(chunk.modules))
    .map(([path, { renderedLength }]) => ({ path: relative(dirname(file), path), renderedLength }))
    .sort((a, b) => b.renderedLength - a.renderedLength)
    .slice(0, LARGEST_SHOWN)
    .map(({ path, renderedLength }) => `${String(renderedLength).padStart(7)} ${path}`);
  const later = all
    .filter((chunk) => !chunks.includes(chunk))
    .map((chunk) => ({ name: chunk.name, gzipped: gzip(chunk.code) }));
  return { minified: Buffer.byteLength(code), gzipped: gzip(code), later, modules };
}

const PROGRAM = "\0program";

/**
 * Returns a plugin that provides the text of the program.
 * @param {string} text
 * @returns {import("rolldown").Plugin}
 */
function programOf(text) {
  return {
    name: "program",
    resolveId: (id) => (id === PROGRAM ? id : undefined),
    load: (id) => (id === PROGRAM ? text : undefined),
  };
}

/**
 * Returns the entry's chunk, and the chunks that load together with it.
 * @param {import("rolldown").OutputChunk[]} all
 */
function initialChunks(all) {
  const found = new Set(all.filter((chunk) => chunk.isEntry));
  for (const chunk of found) {
    for (const name of chunk.imports) {
      const imported = all.find(({ fileName }) => fileName === name);
      if (imported) found.add(imported);
    }
  }
  return [...found];
}

/** @param {string} code */
function gzip(code) {
  return gzipSync(code, { level: 9 }).length;
}
