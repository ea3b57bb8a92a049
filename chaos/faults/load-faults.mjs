// @ts-check
import { setTimeout as wait } from "node:timers/promises";

/** @typedef {import("./fault.d.mts").Fault} Fault */

/** The share of the subscribers that a fault concerns. */
const SHARE = 0.3;
const BURST = { events: 400, topics: ["a"], extraLength: 0 };
/** More bytes than the operating system buffers for a reader that does not read. */
const FLOOD = { events: 250, topics: ["c"], extraLength: 10_000 };

/** The faults of clients. @type {readonly Fault[]} */
export const LOAD_FAULTS = [
  {
    name: "subscribers-leave",
    lasts: [1, 1],
    breaks: "nothing",
    async run({ subscribers }, _ms, random) {
      for (const subscriber of random.some(subscribers, subscribers.length * SHARE)) subscriber.reconnect();
    },
  },
  {
    name: "subscribers-away",
    lasts: [500, 6_000],
    breaks: "subscribers",
    async run({ subscribers }, ms, random) {
      const away = random.some(subscribers, subscribers.length * SHARE);
      for (const subscriber of away) subscriber.stop();
      await wait(ms);
      for (const subscriber of away) subscriber.connect();
    },
  },
  {
    name: "subscribers-stall",
    lasts: [500, 6_000],
    breaks: "subscribers",
    async run({ subscribers }, ms, random) {
      const stalled = random.some(subscribers, subscribers.length * SHARE);
      for (const subscriber of stalled) subscriber.pause();
      await wait(ms);
      for (const subscriber of stalled) subscriber.resume();
    },
  },
  {
    name: "disconnect",
    lasts: [1, 1],
    breaks: "nothing",
    async run({ nodes, users }, _ms, random) {
      const up = nodes.filter(({ isUp, isPaused }) => isUp && !isPaused);
      const user = random.pick(users);
      if (up.length > 0) void random.pick(up).disconnect(user);
    },
  },
  {
    name: "burst",
    lasts: [1, 1],
    breaks: "nothing",
    async run({ publishers }, _ms, random) {
      random.pick(publishers).burst(BURST);
    },
  },
  {
    name: "flood",
    lasts: [1, 1],
    breaks: "nothing",
    async run({ publishers }, _ms, random) {
      random.pick(publishers).burst(FLOOD);
    },
  },
];
