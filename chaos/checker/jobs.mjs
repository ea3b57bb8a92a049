// @ts-check
/** @typedef {import("../history.mjs").JobHistory} JobHistory */

const NO_CONTENT = 204;
const NOT_FOUND = 404;

/**
 * Describes the faults of a job that all nodes know. Every follower must receive one end, the same for all, and then
 * 204. If its node dies or is out of reach for long, the job is `failed`. If the log trimmed events, the job may be
 * unknown to a late follower. If the log lost events since the job began, the job may be unknown or end again, but it
 * must end. A follower receives a gap also if a node notices only then what the log lost before the job began.
 * @param {JobHistory} job
 * @param {Pick<import("../history.mjs").History, "losses" | "events" | "retained" | "lives">} history
 * @returns {string[]}
 */
export function wrongEndsOfJob({ id, node, began, followers }, { losses, events, retained, lives }) {
  const isLossy = losses.some(({ ended }) => ended > began);
  const isTrimmed = isLossy || events.length > retained;
  const isNoticed = lives.some(({ tick, holds }, i) => tick > began && holds.get(lives[i - 1]?.epoch ?? "") === -1);
  const kinds = new Set(followers.flatMap(({ ends }) => ends));
  const faults = followers.flatMap(({ answers, ends, gaps }) => {
    const last = answers.at(-1);
    if (last !== NO_CONTENT && last !== NOT_FOUND) return ["never ended for a follower"];
    if (last === NOT_FOUND && !isTrimmed) return ["was unknown to a follower"];
    if (gaps > 0 && !isTrimmed && !isNoticed) return ["sent a gap to a follower"];
    if (last === NO_CONTENT && ends.length === 0) return ["was over for a follower without an end"];
    return ends.length > 1 && !isLossy ? [`ended for one follower with ${ends.join(", then ")}`] : [];
  });
  if (kinds.size > 1 && !isLossy) faults.push(`ended with ${[...kinds].join(" for one follower, for another with ")}`);
  const seen = followers.map(({ answers, ends }) => `${[...answers, ...ends].join(" ")}`).join("; ");
  return faults.map((fault) => `${id} of ${node} ${fault} (${seen})`);
}

/** Returns true if no follower waits for more. @param {JobHistory} job */
export function isOver({ followers }) {
  return followers.every(({ answers }) => answers.some((status) => status === 204 || (status >= 400 && status < 500)));
}
