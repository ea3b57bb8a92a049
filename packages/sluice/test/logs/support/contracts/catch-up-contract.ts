import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CatchUpStore,
  growthOf,
  LITTLE_GARBAGE,
  MAX_GROWTH_BYTES,
  type Situation,
  USES,
} from "../catch-up-growth.ts";
import { buildCatchUpPrograms, type CatchUpPrograms, type SharedLogKind } from "../processes/catch-up-programs.ts";

/** Events of each channel that the node misses. */
const EVENTS = 40;
/** With 40 channels, 640 MB. */
const MANY_EVENTS = 250;
/** More events of each channel that a warm node receives live, so that V8's young space has its full size. */
const WARM_EVENTS = 24;
/** A busy machine runs V8's collections late. Then the node grows more. */
const ATTEMPTS = 3;

type Measure = (situation: Situation) => Promise<number>;

/** Holds the memory of a node that has stood still while much was appended to many channels. */
export function catchesUpInBoundedMemory(kind: SharedLogKind, openStore: () => Promise<CatchUpStore>): void {
  describe("a node that has stood still", () => {
    const measure = useMeasure(kind, openStore);

    it.for(USES)("catches up on many channels in bounded memory, with %s for each", async (use) => {
      const growth = await measure({ use, events: EVENTS, warmEvents: 0, nodeArgs: LITTLE_GARBAGE });
      expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
    });
  });
}

/** Holds the same with much more data, and with the options that Node has by default. */
export function catchesUpOnMuchInBoundedMemory(kind: SharedLogKind, openStore: () => Promise<CatchUpStore>): void {
  describe("a node that has stood still for long", () => {
    const measure = useMeasure(kind, openStore);

    it("catches up on 640 MB of many channels in bounded memory, with a subscriber over HTTP for each", async () => {
      const growth = await measure({ use: USES[2], events: MANY_EVENTS, warmEvents: 0, nodeArgs: LITTLE_GARBAGE });
      expect(growth).toBeLessThan(MAX_GROWTH_BYTES);
    });

    it.for(USES)("grows little with V8's defaults if it was warm, with %s for each", async (use) => {
      let least = Number.POSITIVE_INFINITY;
      for (let attempt = 0; attempt < ATTEMPTS && least >= MAX_GROWTH_BYTES; attempt++) {
        least = Math.min(least, await measure({ use, events: EVENTS, warmEvents: WARM_EVENTS, nodeArgs: [] }));
      }
      expect(least).toBeLessThan(MAX_GROWTH_BYTES);
    });
  });
}

/** Builds the programs for the tests around it, and returns a function that measures the growth of a node. */
function useMeasure(kind: SharedLogKind, openStore: () => Promise<CatchUpStore>): Measure {
  let programs: CatchUpPrograms;

  beforeAll(async () => {
    programs = await buildCatchUpPrograms(kind);
  });

  afterAll(() => programs[Symbol.asyncDispose]());

  return async (situation) => growthOf({ kind, store: await openStore(), programs, ...situation });
}
