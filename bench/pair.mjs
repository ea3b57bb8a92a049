import { setTimeout as pause } from "node:timers/promises";
import { startChild } from "./children.mjs";
import { within } from "./timeout.mjs";

/** So many connections are opened at once, and accepted by the server before the next are. */
const WAVE = 250;

/** How long a server may take over one wave, and over the deliveries of one step. */
const STEP_TIMEOUT_MS = 20_000;

/** A stream that brought no byte for so long has nothing under way. */
const SETTLE_MS = 250;

/**
 * A server and the load generator that subscribes to it, each a process of its own.
 *
 * @typedef {object} Connecting
 * @property {Record<string, string>} [headers]
 * @property {boolean} [compressed] the stream will be gzip: count flushes instead of events
 * @property {boolean} [read] false: never take a byte from the socket
 * @property {boolean} [hold] connect, but send the requests only on `resume()`
 * @property {string} [path]
 */
export class Pair {
  #server;
  #load;
  #port;
  #subscribers = 0;
  #readers = 0;
  #expected = 0;

  /**
   * @param {import("./children.mjs").Child} server
   * @param {import("./children.mjs").Child} load
   * @param {number} port
   */
  constructor(server, load, port) {
    this.#server = server;
    this.#load = load;
    this.#port = port;
  }

  /** How many subscribers read; each event published is so many deliveries. */
  get readers() {
    return this.#readers;
  }

  /**
   * Call the server program.
   * @param {string} method
   * @param {unknown} [params]
   */
  ask(method, params) {
    return this.#server.call(method, params);
  }

  /**
   * Open `count` more subscribers, in waves, and wait until the server has them all.
   * @param {number} count
   * @param {Connecting} [how]
   */
  async connect(count, how = {}) {
    for (let opened = 0; opened < count; opened += WAVE) {
      const wave = Math.min(WAVE, count - opened);
      this.#subscribers += wave;
      await this.#load.call("connect", { port: this.#port, count: wave, ...how });
      if (!how.hold) await this.#untilOpen();
    }
    if (how.read !== false) this.#readers += count;
  }

  /** Send the held requests of all subscribers, at once. */
  async send() {
    await this.#load.call("send");
  }

  /**
   * Publish and wait until every reader has everything; resolves to what the server's `publish` returned.
   * @param {object} [params] of the server's `publish`
   * @param {{ perEvent?: number, method?: string, events?: number }} [deliveries]
   */
  async publish(params = {}, { method = "publish", events = 1, perEvent = this.#readers } = {}) {
    this.expectMore(events * perEvent);
    const result = await this.ask(method, params);
    await this.arrived();
    return result;
  }

  /**
   * Publish one event after the other: each when the one before is with every reader, and `intervalMs` have passed.
   * @param {number} events
   * @param {number} intervalMs
   */
  async publishInStep(events, intervalMs) {
    for (let i = 0; i < events; i++) {
      const next = pause(intervalMs);
      await this.publish();
      await next;
    }
  }

  /** @param {number} deliveries */
  expectMore(deliveries) {
    this.#expected += deliveries;
  }

  /**
   * Wait until everything expected has arrived. Throws when it does not, or when something was lost or came twice: what
   * was measured then is refused.
   * @param {number} [timeoutMs]
   */
  async arrived(timeoutMs = STEP_TIMEOUT_MS) {
    const all = this.#load.call("expect", { total: this.#expected });
    // Too late is judged by the counts below, which say how much is missing.
    await within(all, timeoutMs, "late").catch(() => {});
    const counts = await this.counts();
    if (counts.events !== this.#expected || counts.lost > 0) {
      throw new Error(
        `refused: ${counts.events} deliveries of ${this.#expected} arrived, ${counts.lost} connections were lost`,
      );
    }
  }

  /**
   * Wait until nothing more arrives, and count from there: the opening of a compressed stream has flushes of its own.
   */
  async settle() {
    let counts = await this.counts();
    for (let before = -1; before !== counts.bytes; counts = await this.counts()) {
      before = counts.bytes;
      await pause(SETTLE_MS);
    }
    this.#expected = counts.events;
  }

  /** @returns {Promise<{ events: number, bytes: number, lost: number, fewest: number, most: number }>} */
  counts() {
    return this.#load.call("counts");
  }

  /** The bytes the first subscriber got so far, as latin1 text. @returns {Promise<string>} */
  sample() {
    return this.#load.call("sample");
  }

  /** The server's CPU time so far, in µs. @returns {Promise<number>} */
  cpu() {
    return this.ask("cpu");
  }

  /** The server's memory after a garbage collection, in bytes. @returns {Promise<{ rss: number, used: number }>} */
  memory() {
    return this.ask("memory");
  }

  async stop() {
    await Promise.all([this.#server.stop(), this.#load.stop()]);
  }

  async #untilOpen() {
    const deadline = performance.now() + STEP_TIMEOUT_MS;
    while ((await this.ask("streams")) < this.#subscribers) {
      if (performance.now() > deadline) throw new Error(`refused: ${this.#subscribers} subscribers did not get in`);
      await pause(5);
    }
  }
}

/**
 * @param {string} server its program's name in `servers/`
 * @param {object} [settings]
 * @param {object} [settings.options] the server program's
 * @param {object} [settings.loadOptions] the load generator's
 * @param {string | undefined} [settings.cpuProfile] see startChild
 * @param {string[]} [settings.nodeArgs] see startChild
 */
export async function startPair(server, { options, loadOptions, cpuProfile, nodeArgs } = {}) {
  const child = await startChild(`servers/${server}.mjs`, { options, cpuProfile, nodeArgs });
  const load = await startChild("load/subscribers.mjs", { cpu: "load", options: loadOptions });
  return new Pair(child, load, await child.call("listen"));
}
