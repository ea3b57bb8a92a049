import { resolvedImports, type Sources } from "./sources.ts";

/**
 * The cycles that may exist: each has all files that reach each other by imports, and its reason. Any other cycle fails
 * the test. List one only if neither file can be understood or tested without the other.
 */
export const INHERENT_CYCLES: readonly { readonly files: readonly string[]; readonly reason: string }[] = [];

/**
 * Returns the import cycles: each is a set of files, sorted by path, that all reach each other by imports. Type-only
 * and dynamic imports count: a reader must follow them too.
 */
export function importCycles(sources: Sources): string[][] {
  const imports = importGraph(sources);
  const reachable = new Map([...imports.keys()].map((path) => [path, reachableFrom(path, imports)]));
  const reaches = (from: string, to: string): boolean => reachable.get(from)?.has(to) ?? false;
  const inCycle = [...imports.keys()].filter((path) => reaches(path, path)).sort();
  const cycles = inCycle.map((path) => inCycle.filter((other) => reaches(path, other) && reaches(other, path)));
  return cycles.filter((files, index) => files[0] === inCycle[index]); // one for all of its files
}

/** Describes each cycle that is not in the list: its shortest path of imports, and all of its files. */
export function unlistedCycles(sources: Sources, listed = INHERENT_CYCLES): string[] {
  const known = new Set(listed.map(({ files }) => keyOf(files)));
  const imports = importGraph(sources);
  return importCycles(sources)
    .filter((files) => !known.has(keyOf(files)))
    .map((files) => `${shortestPath(files, imports).join(" → ")} (files of this cycle: ${files.join(", ")})`);
}

/** Describes each listed cycle that no longer exists with exactly these files. */
export function outdatedCycles(sources: Sources, listed = INHERENT_CYCLES): string[] {
  const found = new Set(importCycles(sources).map(keyOf));
  return listed.filter(({ files }) => !found.has(keyOf(files))).map(({ files }) => [...files].sort().join(", "));
}

type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** Returns the modules that each module imports. Files outside `sources` and packages are left out. */
function importGraph(sources: Sources): ImportGraph {
  return new Map(
    Object.entries(sources).map(([path, source]) => [
      path,
      resolvedImports(path, source).flatMap(({ file }) => (file !== undefined && file in sources ? [file] : [])),
    ]),
  );
}

/** Returns all modules that `start` imports, directly or through others; `start` itself only if a cycle leads back. */
function reachableFrom(start: string, imports: ImportGraph): Set<string> {
  const found = new Set(imports.get(start));
  for (const path of found) for (const next of imports.get(path) ?? []) found.add(next);
  return found;
}

/** Returns the shortest path of imports from a file of the cycle back to itself. */
function shortestPath(files: readonly string[], imports: ImportGraph): string[] {
  const found = files.map((start) => {
    const paths = [[start]];
    for (const path of paths) {
      for (const next of imports.get(path.at(-1) as string) ?? []) {
        if (next === start) return [...path, next];
        if (!paths.some((known) => known.at(-1) === next)) paths.push([...path, next]);
      }
    }
    return [start];
  });
  return found.reduce((shortest, path) => (path.length < shortest.length ? path : shortest));
}

const keyOf = (files: readonly string[]): string => [...files].sort().join("\n");
