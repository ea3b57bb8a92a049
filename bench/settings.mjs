/** Heartbeats are set up in every server that has them, as in real use, but none falls into a measurement. */
export const HEARTBEAT_MS = 30 * 60 * 1_000;

/** Each process needs some descriptors that are not connections. */
const SPARE_DESCRIPTORS = 100;

/** Counts and lengths of the whole run and of `--quick`, which only shows that everything works. */
const FULL = {
  connections: 5_000,
  warmConnections: 500,
  fanoutRounds: 15,
  fanoutEvents: 3,
  idleRounds: 3,
  burstConnections: 500,
  burstRounds: 3,
  burstEvents: 1_500,
  targetedFew: 500,
  targetedRounds: 7,
  targetedEvents: 4_000,
  stalledLive: 100,
  stalledMebibytes: 120,
  resumeClients: 1_000,
  resumeEvents: 1_000,
  logsPublishMs: 700,
  logsRounds: 5,
  logsTimedEvents: 250,
  logsConnections: 2_000,
  logsReplayEvents: 1_000_000,
  logsReplayServerEvents: 200_000,
};
const QUICK = {
  connections: 300,
  warmConnections: 50,
  fanoutRounds: 2,
  fanoutEvents: 3,
  idleRounds: 1,
  burstConnections: 50,
  burstRounds: 1,
  burstEvents: 300,
  targetedFew: 30,
  targetedRounds: 2,
  targetedEvents: 300,
  stalledLive: 10,
  stalledMebibytes: 30,
  resumeClients: 50,
  resumeEvents: 200,
  logsPublishMs: 100,
  logsRounds: 1,
  logsTimedEvents: 40,
  logsConnections: 100,
  logsReplayEvents: 20_000,
  logsReplayServerEvents: 10_000,
};

/** @typedef {typeof FULL & { quick: boolean, strict: boolean, cpuProfile: string | undefined }} Settings */

/**
 * @param {string[]} args the command line: names of scenarios, `--quick`, `--strict`, `--cpu-prof=<folder>`
 * @param {string[]} known names of scenarios
 * @returns {{ scenarios: string[], settings: Settings }}
 */
export function readSettings(args, known) {
  const quick = args.includes("--quick");
  const cpuProfile = args.find((arg) => arg.startsWith("--cpu-prof="))?.slice("--cpu-prof=".length);
  const flags = (/** @type {string} */ arg) => arg === "--quick" || arg === "--strict" || arg.startsWith("--cpu-prof=");
  const scenarios = args.filter((arg) => !flags(arg));
  const unknown = scenarios.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(
      `unknown: ${unknown.join(", ")}. Scenarios: ${known.join(", ")}. Flags: --quick, --strict, --cpu-prof=<folder>.`,
    );
  }
  return {
    scenarios: scenarios.length > 0 ? scenarios : known,
    settings: fitDescriptors({ ...(quick ? QUICK : FULL), quick, strict: args.includes("--strict"), cpuProfile }),
  };
}

/**
 * Fewer connections where the system allows a process fewer open files, said out loud.
 * @param {Settings} settings
 */
function fitDescriptors(settings) {
  const limit = openFilesLimit();
  const most = limit - SPARE_DESCRIPTORS;
  const wanted = settings.connections + settings.warmConnections;
  if (wanted <= most) return settings;
  const share = most / wanted;
  const fitted = {
    ...settings,
    connections: Math.floor(settings.connections * share),
    warmConnections: Math.floor(settings.warmConnections * share),
    burstConnections: Math.min(settings.burstConnections, most),
    targetedFew: Math.floor(settings.targetedFew * share),
    resumeClients: Math.min(settings.resumeClients, most),
    logsConnections: Math.min(settings.logsConnections, most),
  };
  console.log(
    `A process may open only ${limit} files here (ulimit -n), ${wanted + SPARE_DESCRIPTORS} are needed: ` +
      `${fitted.connections} connections instead of ${settings.connections}.`,
  );
  return fitted;
}

/** The soft limit of open files of a process. Node raises its own to the hard limit when it starts. */
function openFilesLimit() {
  const report = /** @type {any} */ (process.report.getReport());
  const limit = Number(report.userLimits?.open_files?.soft);
  return Number.isFinite(limit) ? limit : Number.POSITIVE_INFINITY;
}
