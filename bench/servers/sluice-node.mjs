/** A node: one of several processes that share a log. Without the option `log` it uses the memory log. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createSluice } from "sluice";
import { openLog } from "../logs/open-log.mjs";
import { HEARTBEAT_MS } from "../settings.mjs";
import { serveBench } from "./serve-bench.mjs";

/** `retain`: the channel's option. @type {{ log?: any, retain?: object }} */
const { log, retain = {} } = JSON.parse(process.argv[2] ?? "{}");

/** Number of events that `publishNumbered` has in flight at a time. */
const IN_FLIGHT = 2_000;

/** `watchMemory` samples at this interval. */
const MEMORY_INTERVAL_MS = 20;

/** Pads each event, after its number and its time, to the size of a typical small event. */
const FILLER = "x".repeat(80);

const sluice = createSluice({ heartbeat: HEARTBEAT_MS, log: await openLog(log) });
const orders = sluice.channel("orders", { retain });
await orders.position();

const server = createServer((req, res) => void sluice.stream(req, res, orders.subscribe()));

/** @type {NodeJS.Timeout | undefined} */
let memoryTimer;
let peakMemory = 0;

serveBench({
  server,
  streams: () => sluice.stats().streams,
  publish: ({ type, data }) => orders.publish(type, data),
  methods: {
    /**
     * Publishes the numbers `first` to `first + events - 1`, as fast as the log accepts them. Resolves to the first and
     * the last event ID.
     */
    publishNumbered: async ({ first, events }) => {
      /** @type {(string | undefined)[]} */
      let ids = [];
      for (let done = 0; done < events; done += IN_FLIGHT) {
        const count = Math.min(IN_FLIGHT, events - done);
        const batch = await Promise.all(Array.from({ length: count }, (_, i) => publishNumber(first + done + i)));
        ids = [ids[0] ?? batch[0], batch.at(-1)];
      }
      return { firstId: ids[0], lastId: ids[1] };
    },
    /** Publishes the same numbers one by one, at a rate of `perSecond`. Resolves when the last one is sent. */
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
    /** Starts to sample the memory. Returns the current memory, in bytes. */
    watchMemory: () => {
      for (let i = 0; i < 4; i++) globalThis.gc?.();
      peakMemory = residentBytes();
      memoryTimer = setInterval(() => {
        peakMemory = Math.max(peakMemory, residentBytes());
      }, MEMORY_INTERVAL_MS);
      return peakMemory;
    },
    /** Stops sampling. Returns the peak of the memory since `watchMemory`, in bytes. */
    peakMemory: () => {
      clearInterval(memoryTimer);
      return peakMemory;
    },
  },
});

/** @param {number} number */
function publishNumber(number) {
  return orders.publish("number", `${number} ${process.hrtime.bigint()} ${FILLER}`);
}

/**
 * Returns the resident memory that belongs to this process alone, in bytes. On Linux this leaves out memory-mapped
 * files, which LMDB uses: the system can take those pages back at any time.
 */
function residentBytes() {
  if (process.platform !== "linux") return process.memoryUsage.rss();
  return Number(/^RssAnon:\s*(\d+) kB/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) * 1_024;
}
