/**
 * Sluice's parser beside eventsource-parser: `bench/parser.mjs` measures, this names the target.
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run() {
  const { run: measure } = await import(new URL("../parser.mjs", import.meta.url).href);
  /** @type {{ name: string, ratio: number }[]} */
  const rows = await measure();
  return rows.map(({ name, ratio }) => ({
    figure: `parser throughput, of eventsource-parser's: ${name}`,
    measured: ratio,
    target: { atLeast: 1 },
  }));
}
