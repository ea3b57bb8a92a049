import { startChild } from "../processes/start-child.mjs";
import { formatNumber, printTable, ratioFigure } from "../report.mjs";
import { median, ratioOf, rotate } from "../statistics.mjs";
import { startStore } from "./store.mjs";

/** Numbers of events in flight at a time. */
const IN_FLIGHT = [1, 256, 1_000];

/** Number of events that a channel keeps by default. */
const RETAINED_EVENTS = 10_000;

/** Runs before the first measurement, so that code is compiled and the log has reached its limit. */
const WARM_UP_MS = 400;

/**
 * The bare loops to compare with. The target `atLeast` concerns the first one, with `from` or more events in flight.
 * @type {Record<import("./store.mjs").Kind, Comparison>}
 *
 * @typedef {{ name: string, program: string, more?: object }} Control
 * @typedef {{ atLeast: number, from: number, controls: Control[] }} Comparison
 */
const COMPARISONS = {
  lmdb: {
    atLeast: 0.5,
    from: 1,
    controls: [
      { name: "bare lmdb put", program: "bare-lmdb" },
      { name: "bare lmdb put and remove", program: "bare-lmdb", more: { maxLength: RETAINED_EVENTS } },
    ],
  },
  redis: {
    atLeast: 0.6,
    // With one event in flight the client has nothing to pipeline.
    from: 2,
    controls: [
      { name: "bare XADD", program: "bare-redis" },
      { name: "bare XADD MAXLEN ~", program: "bare-redis", more: { maxLength: RETAINED_EVENTS } },
    ],
  },
  nats: { atLeast: 0.6, from: 1, controls: [{ name: "bare JetStream publish", program: "bare-nats" }] },
};

/**
 * Measures acknowledged publishes per second, and compares them with a bare loop over the same client. Each program has
 * a store of its own.
 * @param {import("./store.mjs").Kind} kind
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function measurePublishRate(kind, { logsPublishMs, logsRounds, quick, cpuProfile }) {
  const { atLeast, from, controls } = COMPARISONS[kind];
  const programs = [{ name: `${kind}Log`, program: "sluice", more: {} }, ...controls];
  const publishers = [];
  for (const { name, program, more } of programs) {
    const store = await startStore(kind);
    const options = { ...store.log, ...more };
    const child = await startChild(`publishers/${program}.mjs`, { options, cpuProfile });
    publishers.push({ name, store, child, perSecond: IN_FLIGHT.map(() => /** @type {number[]} */ ([])) });
  }
  const publish = async (
    /** @type {import("../processes/start-child.mjs").Child} */ child,
    /** @type {number} */ inFlight,
    ms = logsPublishMs,
  ) => (await child.call("publishFor", { ms, inFlight })).perSecond;

  for (const { child } of publishers) await publish(child, 256, quick ? logsPublishMs : WARM_UP_MS);
  for (let round = 0; round < logsRounds; round++) {
    for (const [row, inFlight] of IN_FLIGHT.entries()) {
      for (const { child, perSecond } of rotate(publishers, round))
        perSecond[row]?.push(await publish(child, inFlight));
    }
  }
  for (const { child, store } of publishers) {
    await child.stop();
    await store.stop();
  }

  printTable(
    ["publishes/s", ...IN_FLIGHT.map((inFlight) => `${formatNumber(inFlight)} in flight`)],
    publishers.map(({ name, perSecond }) => [name, ...perSecond.map((values) => formatNumber(median(values)))]),
  );
  const [log, ...bare] = publishers;
  return bare.flatMap(({ name, perSecond }, index) =>
    IN_FLIGHT.map((inFlight, row) =>
      ratioFigure(
        `${log?.name}: publishes/s with ${formatNumber(inFlight)} in flight / ${name}`,
        ratioOf(log?.perSecond[row] ?? [], perSecond[row] ?? []),
        index === 0 && inFlight >= from ? { atLeast } : undefined,
      ),
    ),
  );
}
