import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe } from "vitest";
import { lmdbLog } from "../../../src/logs/lmdb/lmdb-log.ts";
import { holdsFewParts } from "../support/contracts/held-parts-contract.ts";

describe("an LMDB log that catches up", () => {
  const cleanUps: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  holdsFewParts(4, async () => {
    const path = await mkdtemp(join(tmpdir(), "sluice-held-parts-"));
    cleanUps.push(() => rm(path, { recursive: true }));
    const [node, other] = [lmdbLog({ path }), lmdbLog({ path })];
    cleanUps.push(
      () => node.close(),
      () => other.close(),
    );
    // The appends of one event-loop turn are one commit, so the node finds many of them at once.
    return { node, other, cutOffDuring: (append) => append() };
  });
});
