// @ts-check
/** The steps of the probe, in their order. Each is a column of README's table. */
import { disconnect } from "./steps/disconnect.mjs";
import { errors } from "./steps/errors.mjs";
import { gap } from "./steps/gap.mjs";
import { headers, refusals } from "./steps/headers.mjs";
import { job } from "./steps/job.mjs";
import { oneByOne } from "./steps/one-by-one.mjs";
import { quiet } from "./steps/quiet.mjs";
import { reload } from "./steps/reload.mjs";
import { resume } from "./steps/resume.mjs";
import { sigterm } from "./steps/sigterm.mjs";
import { topics } from "./steps/topics.mjs";
import { unauthorized } from "./steps/unauthorized.mjs";

/**
 * @typedef {object} Step
 * @property {string} name the column's name
 * @property {(site: import("./site.mjs").Site, mode: string) => Promise<void>} run throws if the step fails
 * @property {number} [timeout] in ms. Default: 60,000
 * @property {(site: import("./site.mjs").Site) => boolean} [isFor] whether the step applies. Default: always
 */

/** @type {readonly Step[]} */
export const STEPS = [
  oneByOne,
  disconnect,
  resume,
  gap,
  unauthorized,
  topics,
  job,
  headers,
  refusals,
  errors,
  reload,
  sigterm, // the server is gone then
  quiet,
];
