// @ts-check
/** README's table of what was tried on which framework. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/programs/programs.mjs";
import { KNOWN_FAILURES } from "../known-failures.mjs";
import { STEPS } from "../probe/steps.mjs";
import { modesOf } from "./fixtures.mjs";
import { titleWithVersions } from "./versions.mjs";

/** @typedef {import("./fixture.d.mts").NamedFixture} NamedFixture */
/** @typedef {import("./results.mjs").Result} Result */

const README = join(ROOT, "README.md");
const BLOCK = /(<!-- frameworks -->\n)(.*?)(<!-- \/frameworks -->)/s;
const HEAD = ["framework", "modes", ...STEPS.map(({ name }) => name)];
const MODES = { development: "dev", production: "prod" };

/**
 * Writes the rows of fixtures that ran into README.
 * @param {readonly NamedFixture[]} fixtures all of them
 * @param {readonly Result[]} results
 */
export function writeTable(fixtures, results) {
  writeFileSync(README, withRows(readFileSync(README, "utf8"), fixtures, results));
}

/**
 * Returns README with the rows of the fixtures that ran. Other rows stay, unless their fixture is gone.
 * @param {string} readme
 * @param {readonly NamedFixture[]} fixtures all of them
 * @param {readonly Result[]} results
 */
export function withRows(readme, fixtures, results) {
  const old = rowsOf(readme);
  const rows = inOrderOfPages(fixtures).flatMap((fixture) => {
    const own = results.filter((result) => result.fixture === fixture.name);
    const kept = old.find(([name]) => name?.startsWith(linkOf(fixture)));
    if (own.length > 0) return [[...labelsOf(fixture), ...STEPS.map(({ name }) => cell(name, own))]];
    return kept ? [kept] : [];
  });
  const lines = [HEAD, HEAD.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return readme.replace(BLOCK, (_, begin, __, end) => `${begin}${lines.join("\n")}\n${end}`);
}

/**
 * Returns what is out of date in README's table.
 * @param {string} readme
 * @param {readonly NamedFixture[]} fixtures
 */
export function staleness(readme, fixtures) {
  const rows = rowsOf(readme);
  const remarks = [];
  const head = /^\| framework .*$/m.exec(BLOCK.exec(readme)?.[2] ?? "")?.[0];
  if (head !== `| ${HEAD.join(" | ")} |`) remarks.push("The table's columns are not the steps of the probe.");
  for (const fixture of fixtures) {
    const labels = labelsOf(fixture);
    const row = rows.find((cells) => cells[0] === labels[0] && cells[1] === labels[1]);
    if (row === undefined) remarks.push(`The table has no row | ${labels.join(" | ")} |`);
    else if (KNOWN_FAILURES.length === 0 && row.includes("✗")) remarks.push(`A step of ${labels[0]} has not passed.`);
  }
  if (rows.length > fixtures.length) remarks.push("The table has a row without a fixture.");
  return remarks;
}

/** The order in which docs/frameworks/README.md links the pages. @param {readonly NamedFixture[]} fixtures */
function inOrderOfPages(fixtures) {
  const contents = readFileSync(join(ROOT, "docs/frameworks/README.md"), "utf8");
  const place = (/** @type {NamedFixture} */ { page }) => contents.indexOf(`](${page})`);
  return fixtures.toSorted((a, b) => place(a) - place(b));
}

/** The table's rows without its head. @param {string} readme */
function rowsOf(readme) {
  const lines = (BLOCK.exec(readme)?.[2] ?? "").split("\n").filter((line) => line.startsWith("| "));
  return lines.slice(2).map((line) => line.slice(2, -2).split(" | "));
}

/** The first two cells of a row. @param {NamedFixture} fixture */
function labelsOf(fixture) {
  const name = `${linkOf(fixture)}${fixture.remark ? `, ${fixture.remark}` : ""}`;
  return [
    name,
    modesOf(fixture)
      .map(({ name: mode }) => MODES[mode])
      .join(", "),
  ];
}

/** @param {NamedFixture} fixture */
function linkOf(fixture) {
  return `[${titleWithVersions(fixture)}](docs/frameworks/${fixture.page})`;
}

/**
 * Returns ✓ if the step passed in each mode in which it ran, ✗ if it did not, – if it does not apply.
 * @param {string} step
 * @param {readonly Result[]} results
 */
function cell(step, results) {
  if (results.some((result) => result.step === "start" && result.verdict !== "ok")) return "✗";
  const own = results.filter((result) => result.step === step);
  if (own.length === 0) return "–";
  return own.every(({ verdict }) => verdict === "ok") ? "✓" : "✗";
}
