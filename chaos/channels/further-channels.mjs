// @ts-check
import { Deleter } from "../clients/deleter.mjs";
import { Publisher } from "../clients/publisher.mjs";
import { Subscriber } from "../clients/subscriber.mjs";
import { Visitor } from "../clients/visitor.mjs";
import { DOC_CHANNEL, MEMO_CHANNEL, NOTE_CHANNEL } from "./names.mjs";

/** @typedef {import("../history.mjs").History} History */
/** @typedef {import("../cluster/node-handle.mjs").NodeHandle} NodeHandle */
/** @typedef {import("../random.mjs").Random} Random */

/**
 * @typedef {object} ChannelSettings
 * @property {number} subscribers that follow the channel alone
 * @property {boolean} [comesAndGoes] true if the subscribers do
 * @property {number} publishers
 * @property {number} perSecond events of each publisher
 * @property {{ least: number, most: number }} [deletedEvery] the time between two deletions, in ms. Default: no end
 *
 * @typedef {object} FurtherChannel
 * @property {History} history
 * @property {readonly Subscriber[]} subscribers
 * @property {readonly Visitor[]} visitors
 * @property {readonly Publisher[]} publishers
 * @property {Deleter | undefined} deleter
 */

/** @type {Record<string, ChannelSettings>} */
const SETTINGS = {
  [DOC_CHANNEL]: { subscribers: 6, publishers: 2, perSecond: 15, deletedEvery: { least: 400, most: 3_000 } },
  [MEMO_CHANNEL]: {
    subscribers: 3,
    comesAndGoes: true,
    publishers: 1,
    perSecond: 1.5,
    deletedEvery: { least: 1_000, most: 5_000 },
  },
  [NOTE_CHANNEL]: { subscribers: 3, comesAndGoes: true, publishers: 1, perSecond: 1.5 },
};

/** The user of the subscribers that come and go. Nothing disconnects it. */
const VISITING_USER = "vic";

/**
 * Makes the clients of a channel besides the main one.
 * @param {History} history of the channel
 * @param {{ round: History, nodes: readonly NodeHandle[], users: readonly string[],
 *   random: (purpose: string) => Random }} options
 * @returns {FurtherChannel}
 */
export function makeFurtherChannel(history, { round, nodes, users, random: randomFor }) {
  const { channel } = history;
  const random = (/** @type {string} */ purpose) => randomFor(`${channel} ${purpose}`);
  const settings = /** @type {ChannelSettings} */ (SETTINGS[channel]);
  const { perSecond, deletedEvery: pause } = settings;
  const subscribers = Array.from({ length: settings.subscribers }, (_, i) => {
    const user = settings.comesAndGoes ? VISITING_USER : /** @type {string} */ (users[i % users.length]);
    const name = `${channel} subscriber ${i}`;
    return new Subscriber({ round, history, name, topics: "*", user, nodes, random: random(name) });
  });
  const visiting = settings.comesAndGoes ? subscribers : [];
  return {
    history,
    subscribers,
    visitors: visiting.map((subscriber, i) => new Visitor(subscriber, random(`visitor ${i}`))),
    publishers: Array.from({ length: settings.publishers }, (_, number) => {
      const options = { perSecond, usesOwnIds: true, random: random(`publisher ${number}`) };
      return new Publisher({ history, number, nodes, ...options });
    }),
    deleter: pause && new Deleter({ history, nodes, random: random("deleter"), pause }),
  };
}
