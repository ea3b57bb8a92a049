/** Every server that has heartbeats uses this interval: the timers exist, but none fires during a measurement. */
export const HEARTBEAT_MS = 30 * 60 * 1_000;

/** Number of open files that a process needs besides its connections. */
const SPARE_DESCRIPTORS = 100;

/** Counts and durations of a full run. */
const FULL = {
  connections: 5_000,
  warmConnections: 500,
  fanoutRounds: 15,
  fanoutEvents: 3,
  fanoutAgainstEvents: 40,
  idleRounds: 3,
  burstConnections: 500,
  burstRounds: 3,
  burstEvents: 1_500,
  targetedFew: 500,
  targetedRounds: 7,
  targetedEvents: 4_000,
  combineRounds: 11,
  combineEvents: 6,
  combineReplayRounds: 3,
  combineReplays: 500,
  combineReplayEvents: 1_000,
  stalledLive: 100,
  stalledMebibytes: 120,
  resumeClients: 1_000,
  resumeEvents: 1_000,
  clientEvents: 200_000,
  clientRounds: 15,
  clientHeapEvents: 10_000_000,
  logsPublishMs: 700,
  logsRounds: 5,
  logsTimedEvents: 250,
  logsConnections: 2_000,
  logsWakeUpEvents: 400,
  logsReplayEvents: 1_000_000,
  logsReplayServerEvents: 200_000,
  channelsMade: { memory: 100_000, lmdb: 100_000, redis: 100_000, nats: 5_000 },
  channelsRounds: 10,
  channelsOpen: { memory: 10_000, lmdb: 10_000, redis: 10_000, nats: 5_000 },
  channelsRate: 1_000,
  channelsSeconds: 10,
};

/** Counts of the scenario `channels` if it runs together with others. Alone it takes several minutes. */
const CHANNELS_AMONG_OTHERS = {
  channelsMade: { memory: 10_000, lmdb: 10_000, redis: 10_000, nats: 200 },
  channelsRounds: 3,
};

/** Counts and durations of `--quick`, which only shows that everything works. */
const QUICK = {
  connections: 300,
  warmConnections: 50,
  fanoutRounds: 2,
  fanoutEvents: 3,
  fanoutAgainstEvents: 3,
  idleRounds: 1,
  burstConnections: 50,
  burstRounds: 1,
  burstEvents: 300,
  targetedFew: 30,
  targetedRounds: 2,
  targetedEvents: 300,
  combineRounds: 2,
  combineEvents: 3,
  combineReplayRounds: 1,
  combineReplays: 20,
  combineReplayEvents: 100,
  stalledLive: 10,
  stalledMebibytes: 30,
  resumeClients: 50,
  resumeEvents: 200,
  clientEvents: 5_000,
  clientRounds: 2,
  clientHeapEvents: 20_000,
  logsPublishMs: 100,
  logsRounds: 1,
  logsTimedEvents: 40,
  logsConnections: 100,
  logsWakeUpEvents: 40,
  logsReplayEvents: 20_000,
  logsReplayServerEvents: 10_000,
  channelsMade: { memory: 2_000, lmdb: 2_000, redis: 2_000, nats: 50 },
  channelsRounds: 2,
  channelsOpen: { memory: 500, lmdb: 500, redis: 500, nats: 50 },
  channelsRate: 1_000,
  channelsSeconds: 2,
};

/**
 * @typedef {typeof FULL & {
 *   quick: boolean,
 *   cpuProfile: string | undefined,
 *   channelsLogs: import("./arguments.mjs").ChannelsArguments["logs"],
 * }} Settings
 */

/**
 * Returns the settings of the scenarios. If the system allows a process fewer open files than they need, this prints so
 * and reduces the connections.
 * @param {{
 *   quick: boolean,
 *   cpuProfile: string | undefined,
 *   scenarios?: readonly string[],
 *   channels?: import("./arguments.mjs").ChannelsArguments,
 * }} options
 * @returns {Settings}
 */
export function makeSettings({ quick, cpuProfile, scenarios = [], channels = {} }) {
  const counts = quick ? QUICK : { ...FULL, ...(scenarios.length > 1 && CHANNELS_AMONG_OTHERS) };
  const settings = { ...counts, quick, cpuProfile, channelsLogs: channels.logs };
  const { channelsMade, channelsOpen, channelsRounds, channelsRate } = settings;
  settings.channelsMade = forEachLog(channelsMade, channels.channels);
  settings.channelsOpen = forEachLog(channelsOpen, channels.open);
  settings.channelsRounds = channels.rounds ?? channelsRounds;
  settings.channelsRate = channels.rate ?? channelsRate;
  const limit = openFilesLimit();
  const most = limit - SPARE_DESCRIPTORS;
  const needed = settings.connections + settings.warmConnections;
  if (needed <= most) return settings;
  const share = most / needed;
  const reduced = {
    ...settings,
    connections: Math.floor(settings.connections * share),
    warmConnections: Math.floor(settings.warmConnections * share),
    burstConnections: Math.min(settings.burstConnections, most),
    targetedFew: Math.floor(settings.targetedFew * share),
    combineReplays: Math.min(settings.combineReplays, most),
    resumeClients: Math.min(settings.resumeClients, most),
    logsConnections: Math.min(settings.logsConnections, most),
  };
  console.log(
    `A process may open only ${limit} files here (ulimit -n), and the benchmark needs ${needed + SPARE_DESCRIPTORS}: ` +
      `it uses ${reduced.connections} connections instead of ${settings.connections}.`,
  );
  return reduced;
}

/**
 * Returns `count` for each log, or the counts unchanged.
 * @param {typeof FULL.channelsMade} counts
 * @param {number} [count]
 */
function forEachLog(counts, count) {
  return count === undefined ? counts : { memory: count, lmdb: count, redis: count, nats: count };
}

/** Returns the soft limit of open files per process. Node raises its own to the hard limit when it starts. */
function openFilesLimit() {
  const report = /** @type {any} */ (process.report.getReport());
  const limit = Number(report.userLimits?.open_files?.soft);
  return Number.isFinite(limit) ? limit : Number.POSITIVE_INFINITY;
}
