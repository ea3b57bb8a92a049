// @ts-check
import { setTimeout as wait } from "node:timers/promises";
import { hasReceived } from "./checker/subscriber.mjs";
import { Publisher } from "./clients/publisher.mjs";
import { startLimit } from "./cluster/run-time.mjs";
import { isAcknowledged } from "./history.mjs";
import { Random } from "./random.mjs";

/** @typedef {import("./checker/check.mjs").Violation} Violation */
/** @typedef {import("./faults/fault.d.mts").RoundParts} RoundParts */
/** @typedef {import("./history.mjs").History} History */

/** The time in which every subscriber must receive the last event of its channels, in ms in which nodes could run. */
const SETTLE_LIMIT_MS = 40_000;
const CHECK_INTERVAL_MS = 50;
/** The wait after the last event, in ms: events that should not come may still come. */
const AFTERMATH_MS = 500;

/**
 * Deletes the channels that may be deleted for the last time, publishes a last event to each channel, and waits until
 * every subscriber has received it. Returns what is missing.
 * @param {RoundParts} parts
 * @param {() => boolean} isOver returns true if the rest of the round is over, too
 */
export async function settle({ history, subscribers, further, nodes }, isOver) {
  const hasTime = startLimit(nodes, SETTLE_LIMIT_MS);
  /** @type {Violation[]} */
  const missing = [];
  /** The key of the last event of each channel. @type {Map<History, number>} */
  const last = new Map();
  const finish = async (
    /** @type {RoundParts["further"][number]["deleter"]} */ deleter,
    /** @type {History} */ each,
  ) => {
    if (deleter !== undefined && !(await repeat(() => deleter.delete(), hasTime)))
      missing.push({ kind: "deletion", text: `${each.channel} could not be deleted`, channel: each.channel });
    const number = PUBLISHER_NUMBER;
    const options = { number, nodes, random: new Random(0), perSecond: 0, usesOwnIds: false };
    const publisher = new Publisher({ history: each, ...options });
    const publish = async () => {
      const event = await publisher.publish(undefined);
      last.set(each, event.key);
      return isAcknowledged(event);
    };
    if (!(await repeat(publish, hasTime)))
      missing.push({ kind: "lost", text: `${each.channel} did not take the last event`, channel: each.channel });
  };
  await Promise.all([
    finish(undefined, history),
    ...further.map((channel) => finish(channel.deleter, channel.history)),
  ]);
  const visiting = further.filter(({ visitors }) => visitors.length > 0).flatMap((channel) => channel.subscribers);
  const views = [...subscribers, ...visiting].flatMap((subscriber) => subscriber.views);
  const waiting = () => views.filter((view) => !hasReceived(view.record, last.get(view.history) ?? -1));
  while ((waiting().length > 0 || !isOver()) && hasTime()) await wait(CHECK_INTERVAL_MS);
  await wait(AFTERMATH_MS);
  for (const { record, history: each } of waiting()) {
    const text = `${record.name} never received the last event of ${each.channel}`;
    missing.push({ kind: "lost", text, channel: each.channel, subscriber: record.name });
  }
  return missing;
}

/** No other publisher has this number. */
const PUBLISHER_NUMBER = 99;

/**
 * Repeats work until it succeeds. Returns false if there is no time for that.
 * @param {() => Promise<boolean>} work
 * @param {() => boolean} hasTime
 */
async function repeat(work, hasTime) {
  while (!(await work())) {
    if (!hasTime()) return false;
    await wait(CHECK_INTERVAL_MS);
  }
  return true;
}
