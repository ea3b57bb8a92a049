import { expect, it } from "vitest";
import type { RoundParts } from "../../faults/fault.d.mts";
import { RESTORE_FAULT } from "../../faults/store-faults.mjs";
import { History } from "../../history.mjs";
import { Random } from "../../random.mjs";

/** Restores older data while two nodes run. Returns what happened, in order. */
async function restore(error?: string): Promise<{ seen: string[]; losses: number }> {
  const seen: string[] = [];
  const history = new History();
  let elapsed = 0;
  const nodes = ["one", "two"].map((name) => ({
    isUp: true,
    // A second passes with each look at the time.
    runTime: {
      get elapsed() {
        elapsed += 1_000;
        return elapsed;
      },
    },
    async hold() {
      seen.push(`${name} holds`);
      return name === "two" && error !== undefined ? { error } : {};
    },
    async release() {
      seen.push(elapsed >= 5_000 ? `${name} has noticed` : `${name} is released`);
      return {};
    },
  }));
  const older = { copy: async () => seen.push("copied"), restore: async () => seen.push("restored") };
  await RESTORE_FAULT.run(
    { history, nodes, store: { isServer: true, older } } as unknown as RoundParts,
    1,
    new Random(1),
  );
  return { seen, losses: history.losses.length };
}

it("restores an older copy while nodes hold all channels, until they have noticed", async () => {
  const { seen, losses } = await restore();
  const held = ["one holds", "two holds"];
  expect(seen).toEqual([...held, "copied", "restored", "one has noticed", "two has noticed"]);
  expect(losses).toBe(1);
});

it("restores nothing if a node cannot hold the channels", async () => {
  const { seen, losses } = await restore("out of reach");
  expect(seen).toEqual(["one holds", "two holds", "one is released", "two is released"]);
  expect(losses).toBe(0);
});

it("lets no other fault end a node, the store or a connection meanwhile", () => {
  expect(RESTORE_FAULT.breaks).toEqual(["store", "nodes", "wire"]);
});
