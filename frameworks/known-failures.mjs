// @ts-check
/**
 * Steps that fail and are being worked on. Such a failure does not fail the run. If the step passes, the run fails
 * until its row is removed. The list is empty when all is done.
 */

/**
 * @typedef {object} KnownFailure
 * @property {string} fixture the name of its folder; `*` for all
 * @property {string} step
 * @property {import("./frame/fixture.d.mts").ModeName} [mode] Default: both
 * @property {string} cause in a few words, e.g. the number of the item
 * @property {true} [unsteady] the step passes in some runs
 */

/** @type {readonly KnownFailure[]} */
export const KNOWN_FAILURES = [];

/**
 * Pages of docs/frameworks that no fixture runs yet. The list is empty when all is done.
 * @type {readonly string[]}
 */
export const PAGES_WITHOUT_FIXTURE = [];
