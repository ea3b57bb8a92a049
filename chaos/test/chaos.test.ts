import { describe, expect, it } from "vitest";
import { programPath } from "../../scripts/programs/programs.mjs";
import { plansFor } from "../plans.mjs";
import { explain } from "../report.mjs";
import { runRound } from "../round.mjs";

/*
 * The short version of `npm run chaos`: one round of each plan on each log, with fixed seeds. The groups run at the
 * same time, since a round mostly waits for its faults.
 */

const SEED = 2_026;
const ROUND_MS = Number(process.env.CHAOS_ROUND_MS ?? 12_000);
/** Rounds end long before. The time is for a busy machine. */
const TIMEOUT_MS = 400_000;

/** The plans of each log. LMDB has one more than the others, so its plans are in two halves. */
const GROUPS = [
  { kind: "lmdb", plans: ["sound", "trim"] },
  { kind: "lmdb", plans: ["loss", "full"] },
  { kind: "redis", program: "redis-server", plans: ["sound", "trim", "loss"] },
  { kind: "nats", program: "nats-server", plans: ["sound", "trim", "loss"] },
] as const;

describe.concurrent("chaos", () => {
  it("knows every plan", () => {
    for (const { kind } of GROUPS) {
      const names = GROUPS.filter((group) => group.kind === kind).flatMap(({ plans }) => plans as readonly string[]);
      expect(plansFor(kind).map(({ name }) => name)).toEqual(names);
    }
  });

  for (const { kind, plans, ...needs } of GROUPS) {
    const isInstalled = !("program" in needs) || programPath(needs.program) !== undefined;
    const name = `breaks no promise on ${kind}: ${plans.join(", ")}`;
    it.skipIf(!isInstalled)(name, { timeout: TIMEOUT_MS }, async () => {
      for (const [number, plan] of plansFor(kind).entries()) {
        if (!plans.some((name) => name === plan.name)) continue;
        const seed = SEED + number;
        const outcome = await runRound({ kind, plan, seed, lastsMs: ROUND_MS, subscribers: 28, perSecond: 80 });
        const { violations, acknowledged, delivered, faults, refused } = outcome;
        expect(violations.length, `${plan.name}, seed ${seed}\n${explain(outcome)}`).toBe(0);
        expect(acknowledged, "events were acknowledged").toBeGreaterThan(100);
        expect(delivered, "events were delivered").toBeGreaterThan(acknowledged);
        expect(faults.size, "faults of several kinds ran").toBeGreaterThan(2);
        if (plan.mapSize !== undefined) expect(refused, "the disk was full").toBeGreaterThan(0);
      }
    });
  }
});
