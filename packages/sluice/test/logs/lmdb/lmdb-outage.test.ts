import { rename } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { sleep } from "../../../src/base/time/timers.ts";
import { until } from "../../support/until.ts";
import { nodeOf } from "../support/node-of.ts";
import { lmdbSuite } from "./support/lmdb-suite.ts";

/** Time in which all channels fail several times. */
const AWAY_MS = 2_000;

describe("lmdbLog, whose folder is moved away", () => {
  const suite = lmdbSuite();

  it("reports it once for all channels, and once more when the folder is back", async () => {
    const path = suite.path("log");
    await using node = await nodeOf(suite.log({ path }));
    const { reports } = node;
    await rename(path, `${path}-away`);
    await until("the loss of the folder is reported", () => reports.length > 0);
    await sleep(AWAY_MS);
    expect(reports.map(({ context }) => context)).toEqual([{ stage: "log" }]);
    expect(reports[0]!.error.message).toContain(JSON.stringify(path));

    await rename(`${path}-away`, path);
    await until("the end is reported", () => reports.length > 1);
    expect(reports[1]).toMatchObject({
      context: { stage: "log", isOver: true },
      error: { message: expect.stringContaining("works again"), cause: reports[0]!.error },
    });
    await node.sluice.channel("orders").publish("n", 2);
    expect(reports).toHaveLength(2);
  });
});
