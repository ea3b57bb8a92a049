import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The files that take longest, longest first. Most of them wait for servers, timers and processes. */
export const LONGEST: readonly string[] = [
  "chaos/test/chaos.test.ts",
  "examples/desk/test/server/run-workers.test.ts",
  "packages/sluice/test/logs/nats/nats-log.test.ts",
  "examples/desk/test/page/workers.test.ts",
  "packages/sluice/test/logs/nats/nats-cluster.test.ts",
  "packages/sluice/test/runtimes/replaced.test.ts",
  "examples/desk/test/server/log/open-log.test.ts",
  "packages/sluice/test/logs/redis/redis-log.test.ts",
  "packages/sluice/test/logs/lmdb/lmdb-faults.test.ts",
  "examples/desk/test/page/inspector/inspector-pane.test.ts",
  "packages/sluice/test/logs/lmdb/lmdb-replaced.test.ts",
  "packages/sluice/test/logs/lmdb/lmdb-log.test.ts",
  "examples/desk/test/page/orders/orders-pane.test.ts",
  "packages/sluice/test/logs/nats/stream/replicas.test.ts",
  "packages/sluice/test/channel/deliver/model.test.ts",
  "packages/sluice/test/transports/node/http1-middleware.test.ts",
];

/**
 * Runs the longest files first, so that no worker is still busy with one of them when the others have nothing left.
 * Then come the other files that have a process of their own. Files that share processes come last, one after another,
 * because Vitest passes a process on only to the next file.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}

function rank({ moduleId, project }: TestSpecification): number {
  const place = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
  return (project.config.isolate ? 0 : LONGEST.length + 1) + (place < 0 ? LONGEST.length : place);
}
