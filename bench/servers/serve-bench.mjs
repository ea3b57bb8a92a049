import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { makeEvent } from "../event.mjs";
import { answerCalls } from "../processes/answer-calls.mjs";

/** Many clients connect at once. The kernel must not drop connections that Node has not accepted yet. */
const BACKLOG = 4_096;

/** Pause after each garbage collection before a measurement of memory. */
const GC_PAUSE_MS = 50;

/** `publishAtRate` checks the clock at this interval. */
const TICK_MS = 1;

/** Limit of events per turn in `publishAtRate`, so that a server that is late still serves its sockets. */
const MAX_EVENTS_PER_TURN = 20;

/**
 * Runs a server program: listens, publishes on the runner's calls, and reports CPU time and memory.
 *
 * @param {object} program
 * @param {import("node:http").Server} program.server
 * @param {() => number} program.streams number of open event streams that will receive the next event
 * @param {(event: import("../event.mjs").BenchEvent) => unknown} program.publish sends an event to every stream
 * @param {(user: number, event: import("../event.mjs").BenchEvent) => unknown} [program.publishTo] sends an event to
 *   one user's stream
 * @param {Record<string, (params: any) => unknown>} [program.methods] more methods that the runner may call
 */
export function serveBench({ server, streams, publish, publishTo, methods }) {
  let published = 0;

  answerCalls({
    /** Resolves to the port. */
    listen: () =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen({ port: 0, host: "127.0.0.1", backlog: BACKLOG }, () => {
          const address = server.address();
          resolve(typeof address === "object" && address ? address.port : undefined);
        });
      }),
    streams,
    cpu: () => {
      const { user, system } = process.cpuUsage();
      return user + system;
    },
    memory: async () => {
      // Collect several times, with pauses: finalizers free more memory only after the collection that found them.
      for (let i = 0; i < 4; i++) {
        globalThis.gc?.();
        await sleep(GC_PAUSE_MS);
      }
      const { rss, heapUsed, external } = process.memoryUsage();
      return { rss, used: heapUsed + external };
    },

    /** Publishes `perTurn` events of `bytes` in each of `turns` event-loop turns. Resolves to the last event's ID. */
    publish: async ({ turns = 1, perTurn = 1, bytes } = {}) => {
      let last;
      for (let turn = 0; turn < turns; turn++) {
        if (turn > 0) await nextTurn();
        for (let i = 0; i < perTurn; i++) last = publish(makeEvent(published++, bytes));
      }
      return await last;
    },

    /** Publishes `events` events at `perSecond`, like a source that does not wait for the server. */
    publishAtRate: ({ events, perSecond }) =>
      new Promise((resolve) => {
        const start = performance.now();
        let sent = 0;
        const timer = setInterval(() => {
          const due = Math.min(events, Math.floor(((performance.now() - start) * perSecond) / 1_000));
          for (const end = Math.min(due, sent + MAX_EVENTS_PER_TURN); sent < end; sent++) {
            publish(makeEvent(published++));
          }
          if (sent < events) return;
          clearInterval(timer);
          resolve({ ms: performance.now() - start });
        }, TICK_MS);
      }),

    /** Publishes one event per turn, each for the next of `users` users. */
    publishToEach: async ({ events, users }) => {
      for (let i = 0; i < events; i++) {
        publishTo?.(i % users, makeEvent(published++));
        await nextTurn();
      }
    },
    ...methods,
  });
}

/**
 * Returns the user that a subscriber's request names, for example 7 for `/events?user=7`.
 * @param {string | undefined} url
 */
export function userOf(url) {
  return Number(url?.split("?user=")[1] ?? 0);
}
