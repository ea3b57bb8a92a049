// @ts-check
/** A node that runs all the time must answer within this time, in any state of its log, in ms. */
const ANSWER_LIMIT_MS = 25_000;

/**
 * Records a call as unanswered if its node runs all the time and does not answer it.
 * @param {import("../history.mjs").History} history
 * @param {import("../cluster/node-handle.mjs").NodeHandle} node
 * @param {{ call: string, attempt: { node: string, began: number, answered?: number } }} expected
 */
export function expectAnswer({ unanswered }, node, { call, attempt }) {
  const { pauses } = node;
  setTimeout(() => {
    const ranOn = node.process === attempt.node && node.isUp && node.pauses === pauses;
    if (attempt.answered === undefined && ranOn) unanswered.push({ call, node: attempt.node, began: attempt.began });
  }, ANSWER_LIMIT_MS).unref();
}
