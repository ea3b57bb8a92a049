import { afterAll, beforeAll, describe, it } from "vitest";
import { expectRoundBelow } from "../../../support/rounds.ts";
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

type Expect = (situation: Situation) => Promise<void>;

/** Holds the memory of a node that has stood still while much was appended to many channels. */
export function catchesUpInBoundedMemory(kind: SharedLogKind, openStore: () => Promise<CatchUpStore>): void {
  describe("a node that has stood still", () => {
    const expectLittleGrowth = useNodes(kind, openStore);

    it.for(USES)("catches up on many channels in bounded memory, with %s for each", async (use) => {
      await expectLittleGrowth({ use, events: EVENTS, warmEvents: 0, nodeArgs: LITTLE_GARBAGE });
    });
  });
}

/** Holds the same with much more data, and with the options that Node has by default. */
export function catchesUpOnMuchInBoundedMemory(kind: SharedLogKind, openStore: () => Promise<CatchUpStore>): void {
  describe("a node that has stood still for long", () => {
    const expectLittleGrowth = useNodes(kind, openStore);

    it("catches up on 640 MB of many channels in bounded memory, with a subscriber over HTTP for each", async () => {
      await expectLittleGrowth({ use: USES[2], events: MANY_EVENTS, warmEvents: 0, nodeArgs: LITTLE_GARBAGE });
    });

    it.for(USES)("grows little with V8's defaults if it was warm, with %s for each", async (use) => {
      await expectLittleGrowth({ use, events: EVENTS, warmEvents: WARM_EVENTS, nodeArgs: [] });
    });
  });
}

/** Builds the programs for the tests around it, and returns a function that expects little growth of a new node. */
function useNodes(kind: SharedLogKind, openStore: () => Promise<CatchUpStore>): Expect {
  let programs: CatchUpPrograms;

  beforeAll(async () => {
    programs = await buildCatchUpPrograms(kind);
  });

  afterAll(() => programs[Symbol.asyncDispose]());

  return (situation) => {
    const measure = async () => growthOf({ kind, store: await openStore(), programs, ...situation });
    return expectRoundBelow(MAX_GROWTH_BYTES, measure, ATTEMPTS);
  };
}
