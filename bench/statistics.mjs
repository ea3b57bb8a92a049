/**
 * Returns the middle value. For an even number of values it is the mean of the middle two.
 * @param {readonly number[]} values at least one
 */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * Returns a percentile by the nearest-rank method.
 * @param {readonly number[]} values at least one
 * @param {number} percent 0 to 100
 */
export function percentile(values, percent) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? Number.NaN;
}

/**
 * @typedef {object} Spread
 * @property {number} least
 * @property {number} most
 */

/**
 * Returns the least and the greatest value.
 * @param {readonly number[]} values
 * @returns {Spread}
 */
export function spreadOf(values) {
  return { least: Math.min(...values), most: Math.max(...values) };
}

/**
 * Returns the median, over the rounds, of each round's ratio. Both values of a round were measured shortly after one
 * another, so a slow minute of the machine slows both.
 * @param {readonly number[]} measured one value per round
 * @param {readonly number[]} compared one value per round
 * @returns {{ ratio: number } & Spread}
 */
export function ratioOf(measured, compared) {
  const ratios = measured.map((value, round) => value / (compared[round] ?? Number.NaN));
  return { ratio: median(ratios), ...spreadOf(ratios) };
}

/**
 * Returns `values` starting at index `start` and wrapping around, so that each round begins with another server.
 * @template T
 * @param {readonly T[]} values
 * @param {number} start
 * @returns {T[]}
 */
export function rotate(values, start) {
  const first = start % values.length;
  return [...values.slice(first), ...values.slice(0, first)];
}

/**
 * Returns `values` in the order of turn `turn`. Odd turns reverse the order of the turn before, and every second turn
 * begins with another value: A B C, C B A, B C A, A C B, C A B, B A C.
 * @template T
 * @param {readonly T[]} values
 * @param {number} turn
 * @returns {T[]}
 */
export function alternate(values, turn) {
  const order = rotate(values, turn >> 1);
  return turn % 2 === 0 ? order : order.reverse();
}
