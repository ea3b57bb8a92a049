import { expect } from "vitest";

/** Rounds that are measured at most. */
const MAX_ROUNDS = 5;

/**
 * Measures in rounds until a round is below `limit`. Fails, and shows the figures of all rounds, if none is. A leak or
 * a wait shows in every round, but the load of a busy machine only in some. Use it for sizes and times alike.
 */
export async function expectRoundBelow(
  limit: number,
  measure: () => Promise<number>,
  maxRounds: number = MAX_ROUNDS,
): Promise<void> {
  const figures: number[] = [];
  while (figures.length < maxRounds) {
    const figure = await measure();
    if (figure < limit) return;
    figures.push(Math.round(figure));
  }
  expect.fail(`Expected a round below ${limit}, but the rounds were ${figures.join(", ")}.`);
}
