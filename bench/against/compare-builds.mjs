import { median, percentile } from "../statistics.mjs";

/** A figure may exceed the spread of the commit against itself by this much before it counts as worse. */
export const TOLERANCE = 0.03;

/** Number of random samples from which the spread is computed. The result is the same in each run. */
const SAMPLES = 5_000;

/** The spread covers this share of the samples. */
const SPREAD_PERCENT = 95;

/**
 * The values of one figure, one per round and run. A lower value is better.
 * @typedef {object} RoundValues
 * @property {readonly number[]} current this working tree
 * @property {readonly number[]} base the commit
 * @property {readonly number[]} baseAgain the commit, run a second time in each round
 */

/**
 * @typedef {object} BuildComparison
 * @property {number} ratio of medians, this tree / commit
 * @property {import("../statistics.mjs").Spread} spread of the commit against itself, as the same ratio
 * @property {number} limit the figure is worse if `ratio` is greater
 * @property {boolean} isWorse
 */

/**
 * Compares two builds by one figure. Throws if a value is not a positive number.
 * @param {RoundValues} values
 * @returns {BuildComparison}
 */
export function compareBuilds({ current, base, baseAgain }) {
  const invalid = [...current, ...base, ...baseAgain].filter((value) => !(value > 0 && Number.isFinite(value)));
  if (invalid.length > 0) throw new Error(`expected positive values, but measured ${invalid.join(", ")}`);
  const ratio = median(current) / median([...base, ...baseAgain]);
  const spread = spreadAgainstItself(base, baseAgain);
  const limit = spread.most + TOLERANCE;
  return { ratio, spread, limit, isWorse: ratio > limit };
}

/**
 * Returns the range of the ratio of medians between two runs of one build. Each sample draws as many rounds as there
 * are, with replacement. Both runs of a round measured the same build, so it also draws which of them counts as the
 * first (a bootstrap). The range is the middle 95 % of the samples.
 * @param {readonly number[]} first one value per round
 * @param {readonly number[]} second one value per round
 * @returns {import("../statistics.mjs").Spread}
 */
export function spreadAgainstItself(first, second) {
  const pairs = first.map((value, round) => [value, second[round] ?? Number.NaN]);
  const random = createRandom();
  const ratios = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const drawn = pairs.map(() => {
      const pair = pairs[Math.floor(random() * pairs.length)] ?? [];
      return random() < 0.5 ? pair : pair.toReversed();
    });
    const ratio = median(drawn.map(([one = 0]) => one)) / median(drawn.map(([, other = 0]) => other));
    // The same sample with both runs exchanged keeps the range symmetric.
    ratios.push(ratio, 1 / ratio);
  }
  const outside = (100 - SPREAD_PERCENT) / 2;
  return { least: percentile(ratios, outside), most: percentile(ratios, 100 - outside) };
}

/** Returns a generator of numbers from 0 to 1 (mulberry32) that always yields the same sequence. */
function createRandom() {
  let state = 1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
