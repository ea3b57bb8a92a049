// @ts-check
import { dirname, join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "rolldown";
import { ROOT } from "../programs.mjs";

/**
 * The largest size of each entry, minified and gzipped, in bytes. Parts that load on demand do not count.
 * `only`: of a program that imports this name alone.
 * @type {readonly { entry: string, file: string, only?: string, budget: number }[]}
 */
const BUDGETS = [
  { entry: "sluice", file: "index.js", budget: 12_000 },
  { entry: "sluice/protocol", file: "protocol/index.js", budget: 2_000 },
  { entry: "sluice/client", file: "client/index.js", only: "EventSource", budget: 3_000 },
  { entry: "sluice/client", file: "client/index.js", only: "openEventStream", budget: 4_500 },
  { entry: "sluice/fetch-event-source", file: "fetch-event-source/index.js", budget: 6_000 },
];

export const sizeChecks = BUDGETS.map(({ entry, file, only, budget }) => ({
  name: `size of ${only === undefined ? entry : `${only} of ${entry}`}`,
  run: async () => {
    const { minified, gzipped, later, modules } = await measure(join(ROOT, "packages/sluice/dist", file), only);
    const onDemand = later > 0 ? `; ${later} gzipped on demand` : "";
    const sizes = `${gzipped} of ${budget} bytes gzipped, ${minified} minified${onDemand}`;
    if (gzipped > budget) throw new Error([`${sizes}. The largest modules, before minifying:`, ...modules].join("\n"));
    return sizes;
  },
}));

const LARGEST_SHOWN = 12;

/**
 * Bundles a file, or a program that imports one name from it, and returns the sizes in bytes and the largest modules.
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
    external: [/^node:/],
    output: { format: "esm", minify: true },
  });
  const all = output.filter((file) => file.type === "chunk");
  const chunks = initialChunks(all);
  const code = codeOf(chunks);
  const modules = chunks
    .flatMap((chunk) => Object.entries(chunk.modules))
    .map(([path, { renderedLength }]) => ({ path: relative(dirname(file), path), renderedLength }))
    .sort((a, b) => b.renderedLength - a.renderedLength)
    .slice(0, LARGEST_SHOWN)
    .map(({ path, renderedLength }) => `${String(renderedLength).padStart(7)} ${path}`);
  const later = codeOf(all.filter((chunk) => !chunks.includes(chunk)));
  return { minified: Buffer.byteLength(code), gzipped: gzip(code), later: later === "" ? 0 : gzip(later), modules };
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

/** @param {import("rolldown").OutputChunk[]} chunks */
function codeOf(chunks) {
  return chunks.map(({ code }) => code).join("");
}

/** @param {string} code */
function gzip(code) {
  return gzipSync(code, { level: 9 }).length;
}
