// @ts-check
/** @typedef {import("../history.mjs").JobHistory} JobHistory */

const NO_CONTENT = 204;
const UNKNOWN = 404;

/**
 * What is wrong with a job that all were told of: each follower must have been told one end, the same as the others, and then that there is
 * no more to come. A node that died has made it `failed`; one that others could not hear of for long may have. Where the log trimmed events, it may
 * be unknown to one who comes late; where it has lost some since the job began, the job may be unknown, or end again. But it ends.
 * @param {JobHistory} job
 * @param {Pick<import("../history.mjs").History, "losses" | "events" | "retained">} history
 * @returns {string[]}
 */
export function faultsOfJob({ id, node, began, followers }, { losses, events, retained }) {
  const isLossy = losses.some(({ ended }) => ended > began);
  const isTrimmed = isLossy || events.length > retained;
  const kinds = new Set(followers.flatMap(({ ends }) => ends));
  const faults = followers.flatMap(({ answers, ends, gaps }) => {
    const last = answers.at(-1);
    if (last !== NO_CONTENT && last !== UNKNOWN) return ["never ended for a follower"];
    if (last === UNKNOWN && !isTrimmed) return ["was not known to a follower"];
    if (gaps > 0 && !isTrimmed) return ["told a follower of a gap"];
    if (last === NO_CONTENT && ends.length === 0) return ["was over for a follower without an end"];
    return ends.length > 1 && !isLossy ? [`ended for one follower with ${ends.join(", then ")}`] : [];
  });
  if (kinds.size > 1 && !isLossy) faults.push(`ended with ${[...kinds].join(" for one, for another with ")}`);
  const told = followers.map(({ answers, ends }) => `${[...answers, ...ends].join(" ")}`).join("; ");
  return faults.map((fault) => `${id} of ${node} ${fault} (${told})`);
}

/** Whether all followers have heard all that there is. @param {JobHistory} job */
export function isOver({ followers }) {
  return followers.every(({ answers }) => answers.some((status) => status === 204 || (status >= 400 && status < 500)));
}
