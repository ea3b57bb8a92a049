/**
 * @typedef {object} Figure
 * @property {string} figure what was measured, in words
 * @property {number} measured
 * @property {{ least: number, most: number }} [spread] over the rounds
 * @property {{ atMost: number } | { atLeast: number } | { below: number }} [target] none: only shown
 * @property {string} [unit]
 */

/**
 * A figure that is a ratio over rounds.
 * @param {string} figure
 * @param {{ ratio: number, least: number, most: number }} ratio
 * @param {Figure["target"]} [target]
 * @returns {Figure}
 */
export function ratioFigure(figure, { ratio, least, most }, target) {
  return { figure, measured: ratio, spread: { least, most }, ...(target ? { target } : {}) };
}

/**
 * Whether the target is met; undefined when there is none.
 * @param {Figure} figure
 */
export function isMet({ measured, target }) {
  if (!target) return undefined;
  if ("atMost" in target) return measured <= target.atMost;
  if ("atLeast" in target) return measured >= target.atLeast;
  return measured < target.below;
}

/**
 * The table of all figures: figure, measured, spread, target, met or not.
 * @param {Figure[]} figures
 */
export function printFigures(figures) {
  const rows = figures.map((figure) => {
    const unit = figure.unit ? ` ${figure.unit}` : "";
    const met = isMet(figure);
    return [
      figure.figure,
      `${number(figure.measured)}${unit}`,
      figure.spread ? `${number(figure.spread.least)} … ${number(figure.spread.most)}` : "",
      targetOf(figure.target, unit),
      met === undefined ? "" : met ? "met" : "NOT MET",
    ];
  });
  printTable(["figure", "measured", "spread", "target", ""], rows);
}

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
export function printTable(head, rows) {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (/** @type {string[]} */ cells) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ");
  console.log([line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n"));
}

/**
 * Whole numbers as they are, in groups of three digits; others with three digits that mean something.
 * @param {number} value
 */
export function number(value) {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/**
 * @param {Figure["target"]} target
 * @param {string} unit
 */
function targetOf(target, unit) {
  if (!target) return "";
  if ("atMost" in target) return `<= ${number(target.atMost)}${unit}`;
  if ("atLeast" in target) return `>= ${number(target.atLeast)}${unit}`;
  return `< ${number(target.below)}${unit}`;
}
