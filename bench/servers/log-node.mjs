/** One of the processes that share a log: Sluice on that log, one subscription a request. Without a log: on the memory log. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createSluice } from "sluice";
import { openLog } from "../logs/open-log.mjs";
import { HEARTBEAT_MS } from "../settings.mjs";
import { serveBench } from "./bench-server.mjs";

/** `retain`: as the channel's. @type {{ log?: any, retain?: object }} */
const { log, retain = {} } = JSON.parse(process.argv[2] ?? "{}");

/** Events under way at a time while many are published at once. */
const IN_FLIGHT = 2_000;

/** How often the memory is looked at, in ms. */
const LOOK_AT_MEMORY_MS = 20;

/** What follows the number and the time in each event, so that it is as large as a small one is. */
const FILLER = "x".repeat(80);

const sluice = createSluice({ heartbeat: HEARTBEAT_MS, log: await openLog(log) });
const orders = sluice.channel("orders", { retain });
await orders.position();

const server = createServer((req, res) => void sluice.stream(req, res, orders.subscribe()));

/** @type {NodeJS.Timeout | undefined} */
let watch;
let mostMemory = 0;

serveBench({
  server,
  streams: () => sluice.stats().streams,
  publish: ({ type, data }) => orders.publish(type, data),
  methods: {
    /** The numbers `first` to `first + events - 1`, as fast as the log takes them. Resolves to the event IDs of the first and the last. */
    publishNumbered: async ({ first, events }) => {
      /** @type {(string | undefined)[]} */
      let ids = [];
      for (let done = 0; done < events; done += IN_FLIGHT) {
        const count = Math.min(IN_FLIGHT, events - done);
        const some = await Promise.all(Array.from({ length: count }, (_, i) => publishNumber(first + done + i)));
        ids = [ids[0] ?? some[0], some.at(-1)];
      }
      return { firstId: ids[0], lastId: ids[1] };
    },
    /** The same, one event after the other: each with the time, and so many a second. */
    publishTimed: ({ first, events, perSecond }) =>
      new Promise((resolve, reject) => {
        let sent = 0;
        const timer = setInterval(() => {
          publishNumber(first + sent++).catch(reject);
          if (sent < events) return;
          clearInterval(timer);
          resolve(undefined);
        }, 1_000 / perSecond);
      }),
    /** From now on; resolves to what there is, in bytes. */
    watchMemory: () => {
      for (let i = 0; i < 4; i++) globalThis.gc?.();
      mostMemory = residentBytes();
      watch = setInterval(() => {
        mostMemory = Math.max(mostMemory, residentBytes());
      }, LOOK_AT_MEMORY_MS);
      return mostMemory;
    },
    /** The most that there was since `watchMemory`, in bytes. */
    mostMemory: () => {
      clearInterval(watch);
      return mostMemory;
    },
  },
});

/** @param {number} number */
function publishNumber(number) {
  return orders.publish("number", `${number} ${process.hrtime.bigint()} ${FILLER}`);
}

/**
 * The memory that is this process's own. On Linux without files that it sees through memory, as LMDB does: such pages are the system's, which
 * takes them back when it likes.
 */
function residentBytes() {
  if (process.platform !== "linux") return process.memoryUsage.rss();
  return Number(/^RssAnon:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) * 1_024;
}
