/** A node with many channels, all open. It publishes to them, or only receives what another node publishes. */
import { createSluice } from "sluice";
import { openLog } from "../logs/open-log.mjs";
import { answerCalls } from "../processes/answer-calls.mjs";
import { HEARTBEAT_MS } from "../settings.mjs";

/** @type {{ log: any, channels: number }} */
const { log, channels: count } = JSON.parse(process.argv[2] ?? "{}");

const sluice = createSluice({ heartbeat: HEARTBEAT_MS, log: await openLog(log) });
const channels = Array.from({ length: count }, (_, i) => sluice.channel(`document-${i}`));
await Promise.all(channels.map((channel) => channel.position()));

answerCalls({
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  /** Publishes to one channel after another, at a rate of `perSecond`. Resolves when the log has all events. */
  publishInTurn: ({ events, perSecond }) =>
    new Promise((resolve, reject) => {
      /** @type {Promise<unknown>[]} */
      const published = [];
      const timer = setInterval(() => {
        const channel = channels[published.length % channels.length];
        published.push(channel?.publish("number", published.length) ?? Promise.resolve());
        if (published.length < events) return;
        clearInterval(timer);
        Promise.all(published).then(() => resolve(undefined), reject);
      }, 1_000 / perSecond);
    }),
  /** Returns the number of events that this node knows of, over all channels. */
  known: async () => {
    const positions = await Promise.all(channels.map((channel) => channel.position()));
    return positions.reduce((sum, position) => sum + Number(position.split("-")[1]), 0);
  },
});
