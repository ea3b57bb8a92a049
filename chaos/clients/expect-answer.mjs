// @ts-check
/** A node that runs all the time must answer within this time, in any state of its log, in ms of {@link RunTime}. */
const ANSWER_LIMIT_MS = 25_000;
const CHECK_INTERVAL_MS = 200;

/** @typedef {import("../cluster/run-time.mjs").RunTime} RunTime */

/**
 * Records a call as unanswered if its node runs all the time and does not answer it.
 * @param {import("../history.mjs").History} history
 * @param {Pick<import("../cluster/node-handle.mjs").NodeHandle, "process" | "isUp" | "pauses" | "runTime">} node
 * @param {{ call: string, attempt: { node: string, began: number, answered?: number } }} expected
 */
export function expectAnswer({ unanswered }, node, { call, attempt }) {
  const { pauses, runTime } = node;
  const end = runTime.elapsed + ANSWER_LIMIT_MS;
  const check = () => {
    const ranOn = node.process === attempt.node && node.isUp && node.pauses === pauses;
    if (attempt.answered !== undefined || !ranOn) return;
    const left = end - runTime.elapsed;
    if (left > 0) setTimeout(check, Math.max(left, CHECK_INTERVAL_MS)).unref();
    else unanswered.push({ call, node: attempt.node, began: attempt.began });
  };
  setTimeout(check, ANSWER_LIMIT_MS).unref();
}
