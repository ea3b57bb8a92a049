/**
 * The middle value; of an even number of values the mean of the middle two.
 * @param {number[]} values at least one
 */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * A ratio of two measurements that were repeated in rounds: the median of the ratios of each round, in which both were
 * measured shortly after one another, so that a slow minute of the machine slows both.
 * @param {number[]} measured one value a round
 * @param {number[]} compared one value a round
 */
export function ratioOf(measured, compared) {
  const ratios = measured.map((value, round) => value / compared[round]);
  return { ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
}

/**
 * `values` in their order from `start` on, around the end: each round begins with another server.
 * @template T
 * @param {T[]} values
 * @param {number} start
 * @returns {T[]}
 */
export function rotate(values, start) {
  const at = start % values.length;
  return [...values.slice(at), ...values.slice(0, at)];
}
