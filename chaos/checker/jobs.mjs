// @ts-check
/** @typedef {import("../history.mjs").JobHistory} JobHistory */

/**
 * What is wrong with a job that all were told of: each follower must have been told one end, the same as the others, and then that there is
 * no more to come. A node that died has made it `failed`; one that others could not hear of for long may have.
 * @param {JobHistory} job
 * @returns {string[]}
 */
export function faultsOfJob({ id, node, followers }) {
  /** @type {string[]} */
  const faults = [];
  for (const { answers, ends } of followers) {
    const odd = answers.find((status) => status !== 200 && status !== 204 && status < 500);
    if (odd !== undefined) faults.push(`${id} of ${node} was answered with ${odd}`);
    else if (ends.length === 0)
      faults.push(`${id} of ${node} never ended for a follower (answers ${answers.join(", ")})`);
    else if (!answers.includes(204)) faults.push(`${id} of ${node} had ended, and was never answered with 204`);
    if (ends.length > 1) faults.push(`${id} of ${node} ended for one follower with ${ends.join(", then ")}`);
  }
  const kinds = new Set(followers.flatMap(({ ends }) => ends));
  if (kinds.size > 1) faults.push(`${id} of ${node} ended with ${[...kinds].join(" for one, for another with ")}`);
  return faults;
}

/** Whether all followers have heard all that there is. @param {JobHistory} job */
export function isOver({ followers }) {
  return followers.every(({ answers }) => answers.some((status) => status === 204 || (status >= 400 && status < 500)));
}
