import { expect, it } from "vitest";
import type { Fault, RoundParts } from "../../faults/fault.d.mts";
import { runFaults } from "../../faults/schedule.mjs";
import { History } from "../../history.mjs";

const parts = { history: new History(), store: { isServer: true } } as unknown as RoundParts;

const LASTS_MS = 20;

/** Runs faults, in this order; at the same moment, unless `at` says otherwise. Returns when each began and ended. */
async function runTogether(...faults: { name: string; breaks: Fault["breaks"]; at?: number }[]): Promise<string[]> {
  const seen: string[] = [];
  const planned = faults.map(({ name, breaks, at = 0 }) => {
    const run = async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, LASTS_MS));
      seen.push(`${name} ends`);
    };
    return { at, fault: { name, lasts: [1, 1] as const, breaks, run }, ms: 1, seed: 1 };
  });
  await runFaults(planned, parts, 0);
  return seen;
}

it("skips a fault whose target is broken", async () => {
  const seen = await runTogether({ name: "kill", breaks: "node" }, { name: "restart", breaks: "nodes" });
  expect(seen).toEqual(["kill begins", "kill ends"]);
});

it("begins a fault of several targets when none is broken, and breaks none of them meanwhile", async () => {
  const seen = await runTogether(
    { name: "kill", breaks: "node" },
    { name: "restore", breaks: ["store", "nodes"] },
    { name: "pause", breaks: "node" },
    { name: "stop", breaks: "store" },
  );
  expect(seen).toEqual(["kill begins", "kill ends", "restore begins", "restore ends"]);
});

it("breaks no target of a fault that has waited for it", async () => {
  const seen = await runTogether(
    { name: "kill", breaks: "store" },
    { name: "restore", breaks: ["store", "nodes"] },
    { name: "stop", breaks: "store", at: 1.5 * LASTS_MS },
  );
  expect(seen).toEqual(["kill begins", "kill ends", "restore begins", "restore ends"]);
});
