import { setTimeout as sleep } from "node:timers/promises";
import { startChild } from "./start-child.mjs";
import { withTimeout } from "./with-timeout.mjs";

/** Connections are opened in waves of this size. The server accepts one wave before the next begins. */
const WAVE_CONNECTIONS = 250;

/** Limit for one wave of connections, and for the deliveries of one step. */
const STEP_TIMEOUT_MS = 20_000;

/** If no byte arrives for this long, nothing is in flight. */
const QUIET_MS = 250;

/**
 * @typedef {object} ConnectOptions
 * @property {Record<string, string>} [headers]
 * @property {boolean} [compressed] true if the stream is gzip: the load generator then counts flushes, not events
 * @property {boolean} [read] false: never read from the socket; default true
 * @property {boolean} [holdRequests] connect, but send the requests only on `sendRequests()`
 * @property {string} [path] default `/events`
 */

/** A server process, and the load-generator process that subscribes to it. */
export class ServerUnderLoad {
  #server;
  #load;
  #port;
  #subscribers = 0;
  #readers = 0;
  #expectedDeliveries = 0;

  /**
   * @param {import("./start-child.mjs").Child} server
   * @param {import("./start-child.mjs").Child} load
   * @param {number} port
   */
  constructor(server, load, port) {
    this.#server = server;
    this.#load = load;
    this.#port = port;
  }

  /** Number of subscribers that read. Each published event is this many deliveries. */
  get readers() {
    return this.#readers;
  }

  /**
   * Calls a method of the server program.
   * @param {string} method
   * @param {unknown} [params]
   */
  call(method, params) {
    return this.#server.call(method, params);
  }

  /**
   * Opens `count` more subscribers, in waves. Resolves when the server has opened all their streams.
   * @param {number} count
   * @param {ConnectOptions} [options]
   */
  async connect(count, options = {}) {
    for (let opened = 0; opened < count; opened += WAVE_CONNECTIONS) {
      const wave = Math.min(WAVE_CONNECTIONS, count - opened);
      this.#subscribers += wave;
      await this.#load.call("connect", { port: this.#port, count: wave, ...options });
      if (!options.holdRequests) await this.#untilOpen();
    }
    if (options.read !== false) this.#readers += count;
  }

  /** Sends all held requests at once. */
  async sendRequests() {
    await this.#load.call("send");
  }

  /**
   * Publishes, and waits until every reader has everything. Resolves to the result of the server's method.
   * @param {object} [params] parameters of the server's method
   * @param {{ method?: string, events?: number, readersPerEvent?: number }} [expected]
   */
  async publish(params = {}, { method = "publish", events = 1, readersPerEvent = this.#readers } = {}) {
    this.expectDeliveries(events * readersPerEvent);
    const result = await this.call(method, params);
    await this.waitForDeliveries();
    return result;
  }

  /**
   * Publishes one event at a time: the next one when every reader has the last and `intervalMs` have passed.
   * @param {number} events
   * @param {number} intervalMs
   */
  async publishOneByOne(events, intervalMs) {
    for (let i = 0; i < events; i++) {
      const interval = sleep(intervalMs);
      await this.publish();
      await interval;
    }
  }

  /** @param {number} deliveries */
  expectDeliveries(deliveries) {
    this.#expectedDeliveries += deliveries;
  }

  /**
   * Waits until all expected deliveries have arrived. Throws if a delivery is missing or came twice, or if a connection
   * was lost: a measurement with such a fault does not count.
   * @param {number} [timeoutMs]
   */
  async waitForDeliveries(timeoutMs = STEP_TIMEOUT_MS) {
    const all = this.#load.call("expect", { total: this.#expectedDeliveries });
    // On a timeout the counts below fail, and they state how much is missing.
    await withTimeout(all, timeoutMs, "timeout").catch(() => {});
    const { events, lost } = await this.counts();
    if (events !== this.#expectedDeliveries || lost > 0) {
      throw new Error(`${events} of ${this.#expectedDeliveries} deliveries arrived, ${lost} connections were lost`);
    }
  }

  /**
   * Waits until nothing more arrives, and counts deliveries from there. A compressed stream needs this: its opening has
   * flushes that are not events.
   */
  async waitUntilQuiet() {
    let counts = await this.counts();
    for (let before = -1; before !== counts.bytes; counts = await this.counts()) {
      before = counts.bytes;
      await sleep(QUIET_MS);
    }
    this.#expectedDeliveries = counts.events;
  }

  /** @returns {Promise<{ events: number, bytes: number, lost: number, fewest: number, most: number }>} */
  counts() {
    return this.#load.call("counts");
  }

  /** Returns the bytes that the first subscriber received so far, as latin1 text. @returns {Promise<string>} */
  sample() {
    return this.#load.call("sample");
  }

  /** Returns the server's CPU time so far, in µs. @returns {Promise<number>} */
  cpu() {
    return this.call("cpu");
  }

  /**
   * Returns the server's memory after a garbage collection, in bytes.
   * @returns {Promise<{ rss: number, used: number }>}
   */
  memory() {
    return this.call("memory");
  }

  async stop() {
    await Promise.all([this.#server.stop(), this.#load.stop()]);
  }

  async #untilOpen() {
    const deadline = performance.now() + STEP_TIMEOUT_MS;
    while ((await this.call("streams")) < this.#subscribers) {
      if (performance.now() > deadline) {
        throw new Error(`the server did not open ${this.#subscribers} streams in ${STEP_TIMEOUT_MS} ms`);
      }
      await sleep(5);
    }
  }
}

/**
 * Starts a server program and its load generator.
 * @param {string} program path of a file from `servers/`, without `.mjs`
 * @param {object} [settings]
 * @param {object} [settings.options] options of the server program
 * @param {object} [settings.loadOptions] options of the load generator
 * @param {string | undefined} [settings.cpuProfile] see ChildSettings
 * @param {string[]} [settings.nodeArgs] see ChildSettings
 */
export async function startServerUnderLoad(
  program,
  { options = {}, loadOptions = {}, cpuProfile, nodeArgs = [] } = {},
) {
  const server = await startChild(`servers/${program}.mjs`, { options, cpuProfile, nodeArgs });
  const load = await startChild("load/counting-subscribers.mjs", { side: "load", options: loadOptions });
  return new ServerUnderLoad(server, load, await server.call("listen"));
}
