// @ts-check
import { JUDGED_CHANNELS, SIDE_CHANNEL } from "../channels/names.mjs";
import { expectAnswer } from "../clients/expect-answer.mjs";

/** @typedef {import("./fault.d.mts").Fault} Fault */

const CLOSED_CHANNELS = 2;

/** The faults of single channels on one node. @type {readonly Fault[]} */
export const CHANNEL_FAULTS = [
  {
    name: "channel-close",
    lasts: [1, 1],
    breaks: "nothing",
    async run({ nodes, history }, _ms, random) {
      const node = random.pick(nodes);
      for (const channel of random.some([...JUDGED_CHANNELS, SIDE_CHANNEL], CLOSED_CHANNELS)) {
        if (!node.isUp) return;
        /** @type {{ node: string, began: number, answered?: number }} */
        const attempt = { node: node.process, began: history.tick() };
        expectAnswer(history, node, { call: "close", attempt });
        void node.close(channel).then(() => {
          attempt.answered = history.tick();
        });
      }
    },
  },
];
