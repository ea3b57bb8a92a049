// @ts-check
import { get } from "node:http";
import { createParser } from "sluice/protocol";
import { MAIN, positionIn, SIDE, SideWatch } from "./combined-parts.mjs";
import { textOf } from "./event-data.mjs";

/** @typedef {import("../cluster/node-handle.mjs").NodeHandle} NodeHandle */
/** @typedef {import("../history.mjs").History} History */

/** The reconnection time until a server sends one, in ms. */
const FIRST_RETRY_MS = 200;
/** Half of the clients close a connection that receives no byte for this time, in ms: eight heartbeats. */
const SILENCE_LIMIT_MS = 4_000;

/** A retention of so many events trims none in a round. */
const KEEPS_ALL = 1_000_000;

/** Sluice ends its lines with LF only. */
const BLOCK_END = "\n\n";

/**
 * @typedef {object} SubscriberOptions
 * @property {History} history
 * @property {string} name
 * @property {import("../history.mjs").SubscriberHistory["topics"]} topics
 * @property {string} user
 * @property {readonly NodeHandle[]} nodes
 * @property {import("../random.mjs").Random} random
 * @property {boolean} [isCombined] true if its streams combine the channel with a second one
 */

/**
 * A client as real ones are: it follows `id` and `retry`, reconnects to any node with its last event ID, and never
 * gives up.
 */
export class Subscriber {
  #history;
  #record;
  #user;
  #nodes;
  #random;
  #parser;
  #retryMs = FIRST_RETRY_MS;
  /** True if it closes silent connections. A browser does not. */
  #detectsSilence;
  /** The second channel, if its streams combine two. @type {SideWatch | undefined} */
  #side;
  /** @type {import("node:http").ClientRequest | undefined} */
  #request;
  /** @type {import("node:http").IncomingMessage | undefined} */
  #response;
  /** @type {NodeJS.Timeout | undefined} */
  #retryTimer;
  /** @type {NodeJS.Timeout | undefined} */
  #silenceTimer;
  #isAway = false;
  #isPaused = false;
  /** The received part of a block that is not complete yet. */
  #partialBlock = "";
  /** The last event ID before the current block. */
  #before = "";
  /** True if the current block had an event. */
  #hadEvent = false;

  /** @param {SubscriberOptions} options */
  constructor({ history, name, topics, user, nodes, random, isCombined = false }) {
    this.#history = history;
    this.#record = history.addSubscriber(name, topics);
    this.#user = user;
    this.#nodes = nodes;
    this.#random = random;
    if (isCombined) {
      const mayHaveGaps = history.storeLostData || history.retained < KEEPS_ALL;
      this.#side = new SideWatch(name, { mayHaveGaps, faults: history.sideFaults });
    }
    this.#detectsSilence = random.chance(0.5);
    this.#parser = createParser({
      onEvent: (event) => this.#receive(event),
      onRetry: (ms) => {
        this.#retryMs = ms;
      },
    });
  }

  get record() {
    return this.#record;
  }

  /** The second channel as it has received it, if its streams combine two. */
  get side() {
    return this.#side;
  }

  /** True if it has an open stream, as far as it knows. */
  get isConnected() {
    return this.#response !== undefined;
  }

  connect() {
    this.#isAway = false;
    if (this.#request !== undefined) return;
    clearTimeout(this.#retryTimer);
    const node = this.#random.pick(this.#nodes);
    if (node.port === undefined) return this.#reconnectLater();
    const { topics } = this.#record;
    const connection = this.#history.addConnection(this.#user, node.process);
    const topicsQuery = topics === undefined ? "" : `&topics=${topics === "*" ? "*" : topics.join(",")}`;
    const combined = this.#side === undefined ? "" : "&combined";
    const path = `/?connection=${connection.number}&user=${this.#user}${topicsQuery}${combined}`;
    const { lastEventId } = this.#parser;
    const headers = { accept: "text/event-stream", ...(lastEventId && { "last-event-id": lastEventId }) };
    const request = get({ port: node.port, host: "127.0.0.1", path, headers, agent: false });
    this.#request = request;
    const opened = { tick: this.#history.tick(), node: node.process, lastEventId: this.#own(lastEventId) };
    this.#record.seen.push({ kind: "opened", ...opened });
    this.#parser.reset();
    this.#partialBlock = "";
    this.#restartSilenceTimer();
    request.on("response", (response) => {
      if (request !== this.#request) return response.destroy();
      if (response.statusCode !== 200) {
        response.destroy();
        return this.#closed(request, `status ${response.statusCode}`);
      }
      this.#response = response;
      connection.opened = this.#history.tick();
      if (this.#isPaused) response.pause();
      response.setEncoding("utf8");
      response.on("data", (text) => request === this.#request && this.#receiveText(text));
      response.on("error", () => {});
      response.on("close", () => this.#closed(request, "ended"));
    });
    request.on("error", (error) => this.#closed(request, error.message));
  }

  /** Closes the connection, and connects again after the reconnection time. */
  reconnect() {
    this.#isAway = false;
    if (this.#request !== undefined) this.#closed(this.#request, "left");
  }

  /** Closes the connection, and stays away until `connect`. */
  stop() {
    this.#isAway = true;
    clearTimeout(this.#retryTimer);
    if (this.#request !== undefined) this.#closed(this.#request, "left");
  }

  /** Stops reading, and keeps the connection open. */
  pause() {
    this.#isPaused = true;
    clearTimeout(this.#silenceTimer);
    this.#response?.pause();
  }

  resume() {
    this.#isPaused = false;
    this.#restartSilenceTimer();
    this.#response?.resume();
  }

  /**
   * Parses block by block, so that a block that is only a position is recorded too.
   * @param {string} text
   */
  #receiveText(text) {
    this.#restartSilenceTimer();
    const received = this.#partialBlock + text;
    let start = 0;
    for (let end = received.indexOf(BLOCK_END); end >= 0; end = received.indexOf(BLOCK_END, start)) {
      this.#receiveBlock(received.slice(start, end + BLOCK_END.length));
      start = end + BLOCK_END.length;
    }
    this.#partialBlock = received.slice(start);
  }

  /** @param {string} block */
  #receiveBlock(block) {
    this.#before = this.#own(this.#parser.lastEventId);
    this.#hadEvent = false;
    this.#parser.push(block);
    const lastEventId = this.#own(this.#parser.lastEventId);
    if (this.#hadEvent || lastEventId === this.#before) return;
    this.#record.seen.push({ kind: "position", tick: this.#history.tick(), id: lastEventId });
  }

  /** @param {import("sluice/protocol").ParsedEvent} event */
  #receive({ type, data, lastEventId }) {
    if (this.#side !== undefined && this.#isOfSide(type, data)) {
      if (type === "gap") return this.#side.gap(data);
      return this.#side.receive(data);
    }
    this.#hadEvent = true;
    const id = this.#own(lastEventId);
    const tick = this.#history.tick();
    if (type === "gap") {
      const { reason, lastEventId: reported, resumesAfter } = JSON.parse(data);
      const gap = { tick, id, before: this.#before, reason, lastEventId: reported, resumesAfter };
      this.#record.seen.push({ kind: "gap", ...gap });
    } else {
      const { key } = JSON.parse(data);
      this.#record.seen.push({ kind: "event", tick, id, key, intact: this.#isIntact(key, data) });
    }
  }

  /** Returns the position in the channel that the checker judges. @param {string} id */
  #own(id) {
    return this.#side === undefined ? id : positionIn(id, MAIN);
  }

  /** @param {string} type @param {string} data */
  #isOfSide(type, data) {
    return type === "gap" ? JSON.parse(data).channel === SIDE : type.startsWith(`${SIDE}.`);
  }

  /** @param {number} key @param {string} data */
  #isIntact(key, data) {
    const event = this.#history.events[key];
    return event !== undefined && data === textOf(event);
  }

  /** @param {import("node:http").ClientRequest} request @param {string} why */
  #closed(request, why) {
    if (request !== this.#request) return;
    this.#request = undefined;
    this.#response = undefined;
    clearTimeout(this.#silenceTimer);
    request.destroy();
    this.#record.seen.push({ kind: "closed", tick: this.#history.tick(), why });
    if (!this.#isAway) this.#reconnectLater();
  }

  #reconnectLater() {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.connect(), this.#retryMs);
  }

  #restartSilenceTimer() {
    if (!this.#detectsSilence || this.#isPaused) return;
    clearTimeout(this.#silenceTimer);
    const request = this.#request;
    this.#silenceTimer = setTimeout(() => request && this.#closed(request, "silent"), SILENCE_LIMIT_MS);
  }
}
