import { setImmediate as nextTurn } from "node:timers/promises";
import { answer } from "../answer.mjs";
import { makeEvent } from "../event.mjs";

/** A crowd connects at once; the kernel must not drop the part of it that Node has not accepted yet. */
const BACKLOG = 4_096;

/** The publisher of a rate looks at the clock this often. */
const TICK_MS = 1;

/** One turn publishes at most so many events, so that a server that is late still lets its sockets be served. */
const MOST_EVENTS_PER_TURN = 20;

/**
 * What every server program shares: it listens, publishes as the runner says, and tells its CPU time and memory.
 *
 * @param {object} bench
 * @param {import("node:http").Server} bench.server
 * @param {() => number} bench.streams how many event streams are open and will get the next event
 * @param {(event: import("../event.mjs").BenchEvent) => unknown} bench.publish to every stream
 * @param {(user: number, event: import("../event.mjs").BenchEvent) => unknown} [bench.publishTo] to one user's stream
 * @param {Record<string, (params: any) => unknown>} [bench.methods] more that the runner may call
 */
export function serveBench({ server, streams, publish, publishTo, methods }) {
  let published = 0;

  answer({
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
      // Several times, with turns between: finalizers free more only after the collection that found them.
      for (let i = 0; i < 4; i++) {
        globalThis.gc?.();
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      const { rss, heapUsed, external } = process.memoryUsage();
      return { rss, used: heapUsed + external };
    },

    /** `turns` turns of the event loop, each publishing `perTurn` events of `bytes`. Resolves to the last one's ID. */
    publish: async ({ turns = 1, perTurn = 1, bytes } = {}) => {
      let last;
      for (let turn = 0; turn < turns; turn++) {
        if (turn > 0) await nextTurn();
        for (let i = 0; i < perTurn; i++) last = publish(makeEvent(published++, bytes));
      }
      return await last;
    },

    /** `events` events at `perSecond`, as a source that does not wait for us would have it. Resolves when published. */
    publishAtRate: ({ events, perSecond }) =>
      new Promise((resolve) => {
        const start = performance.now();
        let sent = 0;
        const timer = setInterval(() => {
          const due = Math.min(events, Math.floor(((performance.now() - start) * perSecond) / 1_000));
          for (const end = Math.min(due, sent + MOST_EVENTS_PER_TURN); sent < end; sent++) {
            publish(makeEvent(published++));
          }
          if (sent < events) return;
          clearInterval(timer);
          resolve({ ms: performance.now() - start });
        }, TICK_MS);
      }),

    /** One event a turn, each for the next of `users` users. */
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
 * The user a subscriber's request names: `/events?user=7`.
 * @param {string | undefined} url
 */
export function userOf(url) {
  return Number(url?.split("?user=")[1] ?? 0);
}
