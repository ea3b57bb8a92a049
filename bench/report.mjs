/**
 * @typedef {object} Figure
 * @property {string} figure name of the figure
 * @property {number} measured
 * @property {import("./statistics.mjs").Spread} [spread] over the rounds
 * @property {{ atMost: number } | { atLeast: number } | { below: number }} [target] absent: the figure has no target
 * @property {string} [unit]
 */

/**
 * Returns a figure that is a ratio, measured in rounds.
 * @param {string} figure
 * @param {{ ratio: number } & import("./statistics.mjs").Spread} ratio
 * @param {Figure["target"]} [target]
 * @returns {Figure}
 */
export function ratioFigure(figure, { ratio, least, most }, target) {
  return { figure, measured: ratio, spread: { least, most }, ...(target ? { target } : {}) };
}

/**
 * Returns true if the figure meets its target, and `undefined` if it has none.
 * @param {Figure} figure
 */
export function isMet({ measured, target }) {
  if (!target) return undefined;
  if ("atMost" in target) return measured <= target.atMost;
  if ("atLeast" in target) return measured >= target.atLeast;
  return measured < target.below;
}

/**
 * Prints the table of all figures, with spread, target and result.
 * @param {readonly Figure[]} figures
 */
export function printFigures(figures) {
  const rows = figures.map((figure) => {
    const unit = figure.unit ? ` ${figure.unit}` : "";
    const met = isMet(figure);
    return [
      figure.figure,
      `${formatNumber(figure.measured)}${unit}`,
      figure.spread ? formatSpread(figure.spread) : "",
      formatTarget(figure.target, unit),
      met === undefined ? "" : met ? "met" : "NOT MET",
    ];
  });
  printTable(["figure", "measured", "spread", "target", ""], rows);
}

/**
 * Prints a table: the first column left-aligned, the others right-aligned.
 * @param {readonly string[]} head
 * @param {readonly (readonly string[])[]} rows
 */
export function printTable(head, rows) {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (/** @type {readonly string[]} */ cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  console.log([line(head), widths.map((width) => "-".repeat(width)).join("  "), ...rows.map(line)].join("\n"));
}

/**
 * Formats a number: whole numbers as they are, others with three significant digits, thousands separated.
 * @param {number} value
 */
export function formatNumber(value) {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}

/** @param {import("./statistics.mjs").Spread} spread */
function formatSpread({ least, most }) {
  return `${formatNumber(least)} … ${formatNumber(most)}`;
}

/**
 * @param {Figure["target"]} target
 * @param {string} unit
 */
function formatTarget(target, unit) {
  if (!target) return "";
  if ("atMost" in target) return `<= ${formatNumber(target.atMost)}${unit}`;
  if ("atLeast" in target) return `>= ${formatNumber(target.atLeast)}${unit}`;
  return `< ${formatNumber(target.below)}${unit}`;
}
