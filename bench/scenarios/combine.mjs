import { EVENT_BYTES } from "../event.mjs";
import { startServerUnderLoad } from "../processes/server-under-load.mjs";
import { formatNumber, printTable, ratioFigure } from "../report.mjs";
import { median, ratioOf, rotate } from "../statistics.mjs";

/** Numbers of channels of the streams. 0: one channel, not combined. */
const PARTS = [0, 3, 50];

/** Minimum time between two events. Each event also waits until the previous one has reached every subscriber. */
const INTERVAL_MS = 40;

/** Number of events before the first measured one: each channel has had one, and code is compiled. */
const WARM_UP_EVENTS = 60;

/**
 * Measures the CPU time per delivery to subscribers of one channel, and of streams that combine several. First to live
 * subscribers, then to subscribers that replay the same events.
 * @param {import("../settings.mjs").Settings} settings
 * @returns {Promise<import("../report.mjs").Figure[]>}
 */
export async function run(settings) {
  const { connections, combineRounds, combineReplays, combineReplayEvents } = settings;
  console.log(
    `${connections} live subscribers, one ${EVENT_BYTES}-byte event per flush, ${combineRounds} rounds; then ` +
      `${combineReplays} subscribers that replay ${combineReplayEvents} events`,
  );
  const live = await measureLive(settings);
  const replays = await measureReplays(settings);
  printTable(
    ["stream over", "CPU per delivery, live", "CPU per delivery, replaying"],
    PARTS.map((parts, i) => [
      nameOf(parts),
      `${formatNumber(median(live[i] ?? []))} µs`,
      `${formatNumber(median(replays[i] ?? []))} µs`,
    ]),
  );
  const [plain = [], three = [], fifty = []] = live;
  const [plainReplay = [], threeReplay = [], fiftyReplay = []] = replays;
  return [
    ratioFigure("CPU per delivery, live, 3 channels combined / one channel", ratioOf(three, plain), { atMost: 1.1 }),
    ratioFigure("CPU per delivery, live, 50 channels combined / one channel", ratioOf(fifty, plain)),
    ratioFigure("CPU per delivery, replaying, 3 channels combined / one channel", ratioOf(threeReplay, plainReplay)),
    ratioFigure("CPU per delivery, replaying, 50 channels combined / one channel", ratioOf(fiftyReplay, plainReplay)),
  ];
}

/** @param {number} parts */
function nameOf(parts) {
  return parts === 0 ? "one channel" : `${parts} channels, combined`;
}

/** @param {import("../settings.mjs").Settings} settings */
async function measureLive({ connections, combineRounds, combineEvents, cpuProfile }) {
  const entries = [];
  for (const parts of PARTS) {
    const server = await startServerUnderLoad("sluice-combined", { options: { parts }, cpuProfile });
    await server.connect(connections);
    await server.publishOneByOne(WARM_UP_EVENTS, 0);
    entries.push({ server, perDelivery: /** @type {number[]} */ ([]) });
  }
  for (let round = 0; round < combineRounds; round++) {
    /** @type {Map<typeof entries[number], number>} */
    const spent = new Map();
    for (let event = 0; event < combineEvents; event++) {
      for (const entry of rotate(entries, round + event)) {
        const before = await entry.server.cpu();
        await entry.server.publishOneByOne(1, INTERVAL_MS);
        spent.set(entry, (spent.get(entry) ?? 0) + (await entry.server.cpu()) - before);
      }
    }
    for (const [{ perDelivery }, cpu] of spent) perDelivery.push(cpu / (combineEvents * connections));
  }
  await Promise.all(entries.map(({ server }) => server.stop()));
  return entries.map(({ perDelivery }) => perDelivery);
}

/** Measures subscribers that resume from the same position. @param {import("../settings.mjs").Settings} settings */
async function measureReplays({ combineReplayRounds, combineReplays, combineReplayEvents, cpuProfile }) {
  const perDelivery = PARTS.map(() => /** @type {number[]} */ ([]));
  for (let round = 0; round < combineReplayRounds; round++) {
    for (const index of rotate([...PARTS.keys()], round)) {
      const options = { parts: PARTS[index] };
      const server = await startServerUnderLoad("sluice-combined", { options, cpuProfile });
      const position = await server.call("position");
      await server.call("publish", { turns: combineReplayEvents });
      const before = await server.cpu();
      server.expectDeliveries(combineReplays * combineReplayEvents);
      await server.connect(combineReplays, { headers: { "last-event-id": String(position) } });
      await server.waitForDeliveries();
      perDelivery[index]?.push(((await server.cpu()) - before) / (combineReplays * combineReplayEvents));
      await server.stop();
    }
  }
  return perDelivery;
}
