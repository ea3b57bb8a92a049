import { startChild } from "../children.mjs";
import { median, ratioOf, rotate } from "../measure.mjs";
import { number, printTable, ratioFigure } from "../report.mjs";
import { startStore } from "./store.mjs";

/** How many events are under way at a time. */
const IN_FLIGHT = [1, 256, 1_000];

/** What a channel keeps by default. */
const RETAINED_EVENTS = 10_000;

/** Before the first measurement: for the compiler, and so that the log is as full as it gets. */
const WARM_UP_MS = 400;

/**
 * The loops to compare with; the target is about the first, and so many under way at a time or more.
 * @type {Record<import("./store.mjs").Kind, { atLeast: number, from: number, controls: { name: string, program: string, more?: object }[] }>}
 */
const COMPARED = {
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
    // A pipeline of one is none.
    from: 2,
    controls: [
      { name: "bare XADD", program: "bare-redis" },
      { name: "bare XADD MAXLEN ~", program: "bare-redis", more: { maxLength: RETAINED_EVENTS } },
    ],
  },
  nats: { atLeast: 0.6, from: 1, controls: [{ name: "bare JetStream publish", program: "bare-nats" }] },
};

/**
 * Acknowledged publishes per second, of a bare loop's over the same client to a store of its own.
 * @param {import("./store.mjs").Kind} kind
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function measurePublishRate(kind, { logsPublishMs, logsRounds, quick, cpuProfile }) {
  const { atLeast, from, controls } = COMPARED[kind];
  const programs = [{ name: `${kind}Log`, program: "log", more: {} }, ...controls];
  const publishers = [];
  for (const { name, program, more } of programs) {
    const store = await startStore(kind);
    const options = { ...store.log, ...more };
    const child = await startChild(`publishers/${program}.mjs`, { options, cpuProfile });
    publishers.push({ name, store, child, perSecond: IN_FLIGHT.map(() => /** @type {number[]} */ ([])) });
  }
  const publish = async (
    /** @type {(typeof publishers)[0]} */ { child },
    /** @type {number} */ inFlight,
    ms = logsPublishMs,
  ) => (await child.call("publishFor", { ms, inFlight })).perSecond;

  for (const publisher of publishers) await publish(publisher, 256, quick ? logsPublishMs : WARM_UP_MS);
  for (let round = 0; round < logsRounds; round++) {
    for (const [row, inFlight] of IN_FLIGHT.entries()) {
      for (const publisher of rotate(publishers, round))
        publisher.perSecond[row]?.push(await publish(publisher, inFlight));
    }
  }
  for (const { child, store } of publishers) {
    await child.stop();
    await store.stop();
  }

  printTable(
    ["publishes/s", ...IN_FLIGHT.map((inFlight) => `${number(inFlight)} in flight`)],
    publishers.map(({ name, perSecond }) => [name, ...perSecond.map((values) => number(median(values)))]),
  );
  const [log, ...bare] = publishers;
  return bare.flatMap(({ name, perSecond }, place) =>
    perSecond.map((values, row) =>
      ratioFigure(
        `${log.name}: publishes/s with ${number(IN_FLIGHT[row])} in flight, of ${name}`,
        ratioOf(log.perSecond[row], values),
        place === 0 && /** @type {number} */ (IN_FLIGHT[row]) >= from ? { atLeast } : undefined,
      ),
    ),
  );
}
