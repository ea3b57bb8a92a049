import { expect, it } from "vitest";
import type { Fault, RoundParts } from "../../faults/fault.d.mts";
import { runFaults } from "../../faults/schedule.mjs";
import { History } from "../../history.mjs";

const parts = { history: new History(), store: { isServer: true } } as unknown as RoundParts;

/** Runs faults that begin together, in this order. Returns when each began and ended. */
async function runTogether(...faults: { name: string; breaks: Fault["breaks"] }[]): Promise<string[]> {
  const seen: string[] = [];
  const planned = faults.map(({ name, breaks }) => {
    const run = async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      seen.push(`${name} ends`);
    };
    return { at: 0, fault: { name, lasts: [1, 1] as const, breaks, run }, ms: 1, seed: 1 };
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
