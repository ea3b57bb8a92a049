import { posix } from "node:path";
import { onlyReexports } from "../../../../../scripts/imports.mjs";
import { resolvedImports, type Sources } from "./sources.ts";

/** What the modules of one folder may import besides each other. A name that ends in `.ts` is that file alone. */
export interface Layer {
  readonly folder: string;
  readonly imports: readonly string[];
  /** Packages from npm, for their types or, in an entry of its own, at run time. */
  readonly packages?: readonly string[];
}

/** The layers of DESIGN, section 7, from the bottom up. A file directly in `src/` may import all of them. */
export const LAYERS: readonly Layer[] = [
  { folder: "base", imports: [] },
  { folder: "protocol", imports: ["base"] },
  {
    folder: "logs",
    imports: ["base", "protocol"],
    packages: ["lmdb", "redis", "@nats-io/jetstream", "@nats-io/transport-node"],
  },
  { folder: "stream", imports: ["base", "protocol"] },
  { folder: "channel", imports: ["base", "protocol", "stream", "logs/log.ts"] },
  { folder: "jobs", imports: ["base", "protocol", "stream", "channel"] },
  { folder: "cluster", imports: ["base", "protocol", "stream", "channel"] },
  { folder: "transports", imports: ["base", "protocol", "stream"] },
  { folder: "adapters", imports: ["index.ts"], packages: ["fastify", "koa", "hono", "@nestjs/common", "rxjs"] },
  { folder: "auth", imports: ["base", "protocol", "index.ts"], packages: ["jose"] },
  { folder: "metrics", imports: ["base", "protocol", "index.ts"], packages: ["prom-client"] },
  { folder: "testing", imports: ["base", "protocol", "index.ts", "logs/log.ts"] },
  { folder: "client", imports: ["base", "protocol"] },
  { folder: "react", imports: ["base", "protocol", "client"], packages: ["react"] },
];

/** Says of every import that goes where it must not: `from → to: why`. */
export function forbiddenImports(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([path, source]) =>
    resolvedImports(path, source).flatMap(({ specifier, kind, file }) => {
      const why = file === undefined ? whyNotPackage(path, specifier, kind) : whyNotFile(path, file);
      return why === undefined ? [] : [`${path} → ${file ?? specifier}: ${why}`];
    }),
  );
}

/** The `index.ts` files that do more than re-export by name. */
export function indexesThatDoMore(sources: Sources): string[] {
  return Object.entries(sources)
    .filter(([path, source]) => posix.basename(path) === "index.ts" && !onlyReexports(source, path))
    .map(([path]) => path);
}

function whyNotFile(from: string, to: string): string | undefined {
  if (to.startsWith("..")) return "it is outside src";
  if (isInRoot(from)) return undefined;
  const layer = LAYERS.find(({ folder }) => folder === folderOf(from));
  if (layer === undefined) return `${folderOf(from)} is not in the table of layers`;
  if (to === `${layer.folder}/index.ts`) return "no folder is imported through its own index";
  const allowed = [layer.folder, ...layer.imports];
  if (allowed.some((name) => to === name || (!name.endsWith(".ts") && to.startsWith(`${name}/`)))) return undefined;
  return `${layer.folder} imports ${layer.imports.length > 0 ? `${layer.imports.join(", ")} only` : "nothing else"}`;
}

function whyNotPackage(from: string, specifier: string, kind: string): string | undefined {
  // What the program does not load, the type checker may: the types of Node's own modules.
  if (specifier.startsWith("node:")) return kind === "type" ? undefined : "src loads no module of Node's";
  const packages = LAYERS.find(({ folder }) => folder === folderOf(from))?.packages ?? [];
  if (packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return undefined;
  return packages.length === 0 ? "it uses no packages" : `it uses ${packages.join(", ")} only`;
}

const isInRoot = (path: string): boolean => !path.includes("/");
const folderOf = (path: string): string => (isInRoot(path) ? "src" : (path.split("/")[0] as string));
