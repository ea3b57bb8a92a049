import { posix } from "node:path";
import { onlyReexports } from "../../../../../scripts/imports.mjs";
import { resolvedImports, type Sources } from "./sources.ts";

/**
 * A folder of `src`, and what its modules may import within the folder around it, besides each other. A name that ends
 * in `.ts` is one file; any other name is a folder with all its rooms.
 */
export interface Layer {
  readonly folder: string;
  readonly imports: readonly string[];
  /** Packages from npm that its modules may use, for types or at run time. */
  readonly packages?: readonly string[];
}

/**
 * The layers of DESIGN, section 7, from the bottom up, and the rooms within them. A file directly in a folder may
 * import all rooms of that folder, and a file directly in `src` everything.
 */
export const LAYERS: readonly Layer[] = [
  { folder: "base", imports: [] },
  { folder: "base/context", imports: [] },
  { folder: "base/copies", imports: [] },
  { folder: "base/time", imports: ["base/context"] },
  {
    folder: "base/errors",
    imports: ["base/context", "base/copies", "base/time", "base/has-method.ts"],
  },
  { folder: "base/checks", imports: ["base/errors"] },
  { folder: "base/loading", imports: ["base/context", "base/errors"] },
  { folder: "protocol", imports: ["base"] },
  { folder: "logs", imports: ["base", "protocol"] },
  { folder: "logs/shared", imports: ["logs/log.ts"] },
  { folder: "logs/shared/bounds", imports: [] },
  { folder: "logs/shared/failures", imports: [] },
  { folder: "logs/shared/life", imports: [] },
  { folder: "logs/shared/view", imports: ["logs/shared/bounds", "logs/shared/life"] },
  {
    folder: "logs/memory",
    imports: [
      "logs/log.ts",
      "logs/shared/age-checks.ts",
      "logs/shared/life/deleted-epochs.ts",
      "logs/shared/life/epoch.ts",
    ],
  },
  { folder: "logs/lmdb", imports: ["logs/log.ts", "logs/shared"], packages: ["lmdb"] },
  { folder: "logs/lmdb/folder", imports: [] },
  { folder: "logs/lmdb/store", imports: ["logs/lmdb/folder"] },
  { folder: "logs/redis", imports: ["logs/log.ts", "logs/shared"], packages: ["redis"] },
  { folder: "logs/redis/scripts", imports: ["logs/log.ts"] },
  { folder: "logs/redis/connection", imports: ["logs/redis/scripts"] },
  { folder: "logs/redis/life", imports: ["logs/redis/connection", "logs/redis/channel-keys.ts"] },
  {
    folder: "logs/redis/read",
    imports: ["logs/redis/connection", "logs/redis/life", "logs/redis/scripts", "logs/redis/channel-keys.ts"],
  },
  { folder: "logs/redis/append", imports: ["logs/redis/connection", "logs/redis/life"] },
  {
    folder: "logs/nats",
    imports: ["logs/log.ts", "logs/shared"],
    packages: ["@nats-io/jetstream", "@nats-io/transport-node"],
  },
  { folder: "logs/nats/connection", imports: [] },
  { folder: "logs/nats/stream", imports: ["logs/nats/connection", "logs/nats/channel-names.ts", "logs/nats/nanos.ts"] },
  {
    folder: "logs/nats/batch",
    imports: ["logs/nats/connection", "logs/nats/channel-names.ts", "logs/nats/message-id.ts"],
  },
  {
    folder: "logs/nats/append",
    imports: ["logs/nats/batch", "logs/nats/connection", "logs/nats/channel-names.ts", "logs/nats/message-id.ts"],
  },
  {
    folder: "logs/nats/read",
    imports: ["logs/nats/batch", "logs/nats/connection", "logs/nats/message-id.ts", "logs/nats/nanos.ts"],
  },
  { folder: "logs/nats/tail", imports: ["logs/nats/connection", "logs/nats/read"] },
  {
    folder: "logs/nats/life",
    imports: [
      "logs/nats/batch",
      "logs/nats/connection",
      "logs/nats/stream",
      "logs/nats/append",
      "logs/nats/read/message.ts",
      "logs/nats/channel-names.ts",
    ],
  },
  { folder: "stream", imports: ["base", "protocol"] },
  { folder: "stream/answer", imports: [] },
  { folder: "stream/body", imports: [] },
  { folder: "stream/source", imports: ["stream/body", "stream/channels-of.ts", "stream/feed.ts"] },
  {
    folder: "stream/ending",
    imports: [
      "stream/close-reason.ts",
      "stream/connection.ts",
      "stream/connection-selector.ts",
      "stream/event-stream.ts",
      "stream/report.ts",
      "stream/stream-hub.ts",
    ],
  },
  {
    folder: "stream/sweep",
    imports: ["stream/close-reason.ts", "stream/event-stream.ts", "stream/stream-hub.ts"],
  },
  {
    folder: "stream/short",
    imports: ["stream/body", "stream/channels-of.ts", "stream/event-stream.ts"],
  },
  {
    folder: "stream/opening",
    imports: [
      "stream/answer",
      "stream/body",
      "stream/ending",
      "stream/short",
      "stream/source",
      "stream/sweep",
      "stream/close-reason.ts",
      "stream/connection.ts",
      "stream/event-stream.ts",
      "stream/event-stream-setup.ts",
      "stream/feed.ts",
      "stream/pending-stream.ts",
      "stream/stream-hub.ts",
    ],
  },
  { folder: "channel", imports: ["base", "protocol", "stream", "logs/log.ts"] },
  { folder: "channel/event", imports: [] },
  { folder: "channel/known", imports: [] },
  {
    folder: "channel/publish",
    imports: ["channel/event", "channel/channel-options.ts", "channel/log-failed.ts", "channel/read/live/event-at.ts"],
  },
  { folder: "channel/read", imports: ["channel/event"] },
  {
    folder: "channel/read/lagging",
    imports: ["channel/read/live/event-window.ts", "channel/read/left-life.ts", "channel/read/together.ts"],
  },
  {
    folder: "channel/read/live",
    imports: [
      "channel/read/lagging",
      "channel/read/latest.ts",
      "channel/read/left-life.ts",
      "channel/read/together.ts",
    ],
  },
  {
    folder: "channel/deliver",
    imports: [
      "channel/event",
      "channel/read",
      "channel/channel-options.ts",
      "channel/local-presence.ts",
      "channel/subscribe-options.ts",
    ],
  },
  {
    folder: "channel/follow",
    imports: [
      "channel/event",
      "channel/read",
      "channel/deliver",
      "channel/channel.ts",
      "channel/open-channel.ts",
      "channel/subscribe-options.ts",
    ],
  },
  {
    folder: "channel/combine",
    imports: [
      "channel/event",
      "channel/read",
      "channel/deliver",
      "channel/follow",
      "channel/open-channel.ts",
      "channel/subscribe-options.ts",
      "channel/subscription.ts",
    ],
  },
  { folder: "channel/combine/event", imports: ["channel/combine/combine-options.ts"] },
  {
    folder: "channel/combine/feed",
    imports: ["channel/combine/event", "channel/combine/combined-id.ts", "channel/combine/open-part.ts"],
  },
  {
    folder: "channel/combine/iteration",
    imports: ["channel/combine/event", "channel/combine/combined-id.ts", "channel/combine/open-part.ts"],
  },
  { folder: "jobs", imports: ["base", "protocol", "stream", "channel"] },
  {
    folder: "jobs/registry",
    imports: ["jobs/job.ts", "jobs/job-events.ts", "jobs/jobs-options.ts", "jobs/new-job.ts"],
  },
  { folder: "cluster", imports: ["base", "protocol", "stream", "channel"] },
  { folder: "sluice", imports: ["base", "logs", "stream", "channel", "jobs", "cluster"] },
  { folder: "process", imports: ["base", "stream", "channel", "jobs", "sluice.ts", "sluice/sluice-parts.ts"] },
  { folder: "transports", imports: ["base", "protocol", "stream"] },
  { folder: "transports/node", imports: [] },
  { folder: "transports/node/connections", imports: ["transports/node/node-request.ts"] },
  {
    folder: "transports/node/sinks",
    imports: ["transports/node/connections", "transports/node/is-node.ts", "transports/node/node-request.ts"],
  },
  { folder: "transports/fetch", imports: [] },
  {
    folder: "adapters",
    imports: [
      "index.ts",
      "stream/ending/drain-options.ts",
      "stream/source/discard.ts",
      "stream/answer/http-answer.ts",
      "stream/answer/http-error.ts",
      "stream/opening/framework.ts",
      "stream/opening/response-head.ts",
      "transports/node/connections/server-connections.ts",
    ],
    packages: ["fastify", "koa", "hono", "h3", "@nestjs/common", "@nestjs/core", "rxjs"],
  },
  { folder: "adapters/shared", imports: [] },
  { folder: "adapters/fastify", imports: ["adapters/shared"] },
  { folder: "adapters/h3", imports: ["adapters/shared"] },
  { folder: "adapters/hono", imports: ["adapters/shared"] },
  { folder: "adapters/koa", imports: ["adapters/shared"] },
  { folder: "adapters/nest", imports: ["adapters/shared", "adapters/fastify"] },
  { folder: "auth", imports: ["base", "protocol", "index.ts"], packages: ["jose"] },
  { folder: "metrics", imports: ["base", "protocol", "index.ts"], packages: ["prom-client"] },
  { folder: "testing", imports: ["base", "protocol", "index.ts", "logs/log.ts"] },
  { folder: "testing/server", imports: ["testing/check-headers.ts", "testing/time-limit.ts"] },
  { folder: "client", imports: ["base", "protocol"] },
  { folder: "client/connection", imports: [] },
  { folder: "client/event-source", imports: ["client/connection"] },
  { folder: "client/stream", imports: ["client/connection"] },
  { folder: "client/store", imports: ["client/stream"] },
  { folder: "client/stream/deliver", imports: ["client/stream/check.ts", "client/stream/load-rest.ts"] },
  { folder: "client/stream/attempt", imports: ["client/stream/deliver", "client/stream/load-rest.ts"] },
  { folder: "fetch-event-source", imports: ["base", "protocol", "client"] },
  {
    folder: "client/stream/tabs",
    imports: [
      "client/stream/attempt/attempt-end.ts",
      "client/stream/check.ts",
      "client/stream/keep-position.ts",
      "client/stream/plan.ts",
      "client/stream/short-streams.ts",
      "client/stream/stream-options.ts",
    ],
  },
  { folder: "react", imports: ["base", "protocol", "client"], packages: ["react"] },
];

/** Describes every import that the table does not allow: `from → to: why`. */
export function forbiddenImports(sources: Sources): string[] {
  return Object.entries(sources).flatMap(([path, source]) =>
    resolvedImports(path, source).flatMap(({ specifier, kind, file }) => {
      const why = file === undefined ? whyNotPackage(path, specifier, kind) : whyNotFile(path, file);
      return why === undefined ? [] : [`${path} → ${file ?? specifier}: ${why}`];
    }),
  );
}

/** Returns the `index.ts` files that do more than re-export by name. */
export function indexesThatDoMore(sources: Sources): string[] {
  return Object.entries(sources)
    .filter(([path, source]) => posix.basename(path) === "index.ts" && !onlyReexports(source, path))
    .map(([path]) => path);
}

/** Returns the folders around a file, the outermost first: `a`, `a/b` for `a/b/c.ts`. */
export function foldersOf(path: string): string[] {
  const parts = path.split("/").slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

function whyNotFile(from: string, to: string): string | undefined {
  if (to.startsWith("..")) return "it is outside src";
  const folders = foldersOf(from);
  if (folders.includes(posix.dirname(to)) && posix.basename(to) === "index.ts")
    return "no folder is imported through its own index";
  // The outermost folder that `from` leaves by this import. If it leaves none, `to` is below its own folder.
  const folder = folders.find((name) => !isWithin(name, to));
  if (folder === undefined) return undefined;
  const layer = LAYERS.find((each) => each.folder === folder);
  if (layer === undefined) return `${folder} is not in the table of layers`;
  if (layer.imports.some((name) => isWithin(name, to))) return undefined;
  const around = posix.dirname(folder);
  const rule = layer.imports.length > 0 ? `${layer.imports.join(", ")} only` : "nothing else";
  return `${around === "." ? "" : `within ${around}, `}${folder} imports ${rule}`;
}

function whyNotPackage(from: string, specifier: string, kind: string): string | undefined {
  // A type-only import loads nothing at run time, so the types of Node's modules are allowed.
  if (specifier.startsWith("node:")) return kind === "type" ? undefined : "src loads no module of Node's";
  const folders = foldersOf(from);
  const packages = LAYERS.filter(({ folder }) => folders.includes(folder)).flatMap(({ packages: names = [] }) => names);
  if (packages.some((name) => specifier === name || specifier.startsWith(`${name}/`))) return undefined;
  return packages.length === 0 ? "it uses no packages" : `it uses ${packages.join(", ")} only`;
}

/** Returns true if the path is this file, or lies in this folder. */
function isWithin(name: string, path: string): boolean {
  return path === name || (!name.endsWith(".ts") && path.startsWith(`${name}/`));
}
