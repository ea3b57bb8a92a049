import { describe, expect, test } from "vitest";
import { programPath } from "../../scripts/programs.mjs";
import { plansFor } from "../plans.mjs";
import { explain } from "../report.mjs";
import { runRound } from "../round.mjs";

/*
 * The short version of `npm run chaos`: on each log one round of each plan, with seeds that stay the same. The logs have their turns side by
 * side, since most of the time they wait for what is broken.
 */

const SEED = 2_026;
const ROUND_MS = 20_000;
/** Each round is settled long before; this is for a machine that does much else. */
const TIMEOUT_MS = 400_000;

describe.concurrent("chaos", () => {
  for (const [kind, program] of [
    ["lmdb", undefined],
    ["redis", "redis-server"],
    ["nats", "nats-server"],
  ] as const) {
    const isThere = program === undefined || programPath(program) !== undefined;
    test.skipIf(!isThere)(`keeps every promise on ${kind}, whatever breaks`, { timeout: TIMEOUT_MS }, async () => {
      for (const [number, plan] of plansFor(kind).entries()) {
        const seed = SEED + number;
        const outcome = await runRound({ kind, plan, seed, lastsMs: ROUND_MS, subscribers: 28, perSecond: 80 });
        const { violations, acknowledged, delivered, faults, refused } = outcome;
        expect(violations.length, `${plan.name}, seed ${seed}\n${explain(outcome)}`).toBe(0);
        expect(acknowledged, "events were published").toBeGreaterThan(100);
        expect(delivered, "and delivered").toBeGreaterThan(acknowledged);
        expect(faults.size, "and something broke").toBeGreaterThan(2);
        if (plan.mapSize !== undefined) expect(refused, "and the disk was full").toBeGreaterThan(0);
      }
    });
  }
});
