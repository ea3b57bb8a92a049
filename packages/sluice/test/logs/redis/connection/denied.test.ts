import { describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import { redisLog } from "../../../../src/logs/redis/redis-log.ts";
import { REDIS_SERVER, startRedis } from "../../../support/stores/redis-server.ts";
import { until } from "../../../support/until.ts";
import { nodeOf } from "../../support/node-of.ts";
import { PASSWORD, textOf } from "../support/password.ts";

/** Time in which all channels fail several times. */
const DENIED_MS = 3_000;
const TIMEOUT_MS = 2_000;

describe.skipIf(REDIS_SERVER === undefined)("redisLog, whose user loses a permission", () => {
  it.each([
    { rule: "-xadd", says: /refused the command: its user lacks a permission .*user executing the script/ },
    { rule: "-xread", says: /lets this process receive no events: .* NOPERM/ },
  ])("reports $rule once for all channels, and once more when it is granted", async ({ rule, says }) => {
    await using redis = await startRedis();
    await redis.ask(`ACL SETUSER desk on >${PASSWORD} ~* &* +@all`);
    const url = `redis://desk:${PASSWORD}@127.0.0.1:${redis.port}`;
    await using node = await nodeOf(redisLog({ url, timeout: TIMEOUT_MS }));
    const { reports } = node;
    await redis.ask(`ACL SETUSER desk ${rule}`);
    await until("the denial is reported", () => reports.length > 0);
    await sleep(DENIED_MS);
    expect(reports.map(({ context }) => context)).toEqual([{ stage: "log" }]);
    expect(reports[0]!.error.message).toMatch(`Redis at 127.0.0.1:${redis.port} `);
    expect(reports[0]!.error.message).toMatch(says);

    await redis.ask("ACL SETUSER desk +@all");
    await until("the end is reported", () => reports.length > 1);
    expect(reports[1]).toMatchObject({
      context: { stage: "log", isOver: true },
      error: { message: expect.stringContaining("works again"), cause: reports[0]!.error },
    });
    await node.sluice.channel("orders").publish("n", 2);
    expect(reports).toHaveLength(2);
    for (const { error } of reports) expect(textOf(error)).not.toContain(PASSWORD);
  });
});
