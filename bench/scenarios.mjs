/**
 * @typedef {object} ScenarioInfo
 * @property {number} limitS limit of one run, in seconds
 * @property {boolean} [comparesBuilds] true if the scenario exports `against`, and so supports `--against`
 * @property {boolean} [byNameOnly] true if a run without names leaves the scenario out
 * @property {boolean} [comparesPeers] true if the scenario starts the servers of other libraries
 */

/** All scenarios, in the order in which they run. @type {Readonly<Record<string, ScenarioInfo>>} */
export const SCENARIOS = {
  fanout: { limitS: 150, comparesBuilds: true, comparesPeers: true },
  idle: { limitS: 120, comparesBuilds: true, comparesPeers: true },
  burst: { limitS: 60, comparesBuilds: true },
  targeted: { limitS: 60 },
  combine: { limitS: 180 },
  stalled: { limitS: 120 },
  resume: { limitS: 60 },
  parser: { limitS: 60 },
  client: { limitS: 240, comparesPeers: true },
  logs: { limitS: 420 },
  channels: { limitS: 3_600 },
  deploy: { limitS: 480, byNameOnly: true },
};

/**
 * Imports the module of a scenario, `scenarios/<name>.mjs`.
 * @param {string} name
 */
export function importScenario(name) {
  return import(new URL(`scenarios/${name}.mjs`, import.meta.url).href);
}
