// @ts-check
import { get } from "node:http";
import { createParser } from "sluice/protocol";
import { textOf } from "./event-data.mjs";

/** @typedef {import("../cluster/node-handle.mjs").NodeHandle} NodeHandle */
/** @typedef {import("../history.mjs").History} History */

/** Reconnection time until a server names one, in ms. */
const FIRST_RETRY_MS = 200;
/** A client that watches over its connection gives it up after so long without a byte: eight heartbeats, in ms. */
const SILENCE_LIMIT_MS = 4_000;

/** Sluice ends its lines with LF alone. */
const BLOCK_END = "\n\n";

/** A client as real ones are: it follows `id` and `retry`, comes back with its last event ID to whichever node, and never gives up. */
export class Subscriber {
  history;
  #record;
  #user;
  #nodes;
  #random;
  #parser;
  #retryMs = FIRST_RETRY_MS;
  /** Whether it gives up a connection that has gone silent. A browser does not. */
  #watches;
  /** @type {import("node:http").ClientRequest | undefined} */
  #request;
  /** @type {import("node:http").IncomingMessage | undefined} */
  #response;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** @type {NodeJS.Timeout | undefined} */
  #silence;
  #isAway = false;
  #isStalled = false;
  /** Of a block that is not complete yet. */
  #rest = "";
  /** The last event ID before the block that is being read. */
  #before = "";
  #hadEvent = false;

  /**
   * @param {History} history
   * @param {string} name
   * @param {import("../history.mjs").SubscriberHistory["topics"]} topics
   * @param {string} user
   * @param {readonly NodeHandle[]} nodes
   * @param {import("../random.mjs").Random} random
   */
  constructor(history, name, topics, user, nodes, random) {
    this.history = history;
    this.#record = history.addSubscriber(name, topics);
    this.#user = user;
    this.#nodes = nodes;
    this.#random = random;
    this.#watches = random.chance(0.5);
    this.#parser = createParser({
      onEvent: (event) => this.#hear(event),
      onRetry: (ms) => {
        this.#retryMs = ms;
      },
    });
  }

  get record() {
    return this.#record;
  }

  /** Whether it has an open stream, as far as it knows. */
  get isConnected() {
    return this.#response !== undefined;
  }

  connect() {
    this.#isAway = false;
    if (this.#request !== undefined) return;
    clearTimeout(this.#timer);
    const node = this.#random.pick(this.#nodes);
    if (node.port === undefined) return this.#comeBack();
    const { topics } = this.#record;
    const connection = this.history.addConnection(this.#user, node.process);
    const named = topics === undefined ? "" : `&topics=${topics === "*" ? "*" : topics.join(",")}`;
    const path = `/?connection=${connection.number}&user=${this.#user}${named}`;
    const { lastEventId } = this.#parser;
    const headers = { accept: "text/event-stream", ...(lastEventId && { "last-event-id": lastEventId }) };
    const request = get({ port: node.port, host: "127.0.0.1", path, headers, agent: false });
    this.#request = request;
    this.#record.seen.push({ kind: "opened", tick: this.history.tick(), node: node.process, lastEventId });
    this.#parser.reset();
    this.#rest = "";
    this.#listen();
    request.on("response", (response) => {
      if (request !== this.#request) return response.destroy();
      if (response.statusCode !== 200) {
        response.destroy();
        return this.#closed(request, `status ${response.statusCode}`);
      }
      this.#response = response;
      connection.opened = this.history.tick();
      if (this.#isStalled) response.pause();
      response.setEncoding("utf8");
      response.on("data", (text) => request === this.#request && this.#take(text));
      response.on("error", () => {});
      response.on("close", () => this.#closed(request, "ended"));
    });
    request.on("error", (error) => this.#closed(request, error.message));
  }

  /** Leaves, and comes back by itself unless it is told to stay away. @param {boolean} staysAway */
  leave(staysAway) {
    this.#isAway = staysAway;
    if (staysAway) clearTimeout(this.#timer);
    if (this.#request !== undefined) this.#closed(this.#request, "left");
  }

  /** Reads no more, and keeps its connection. */
  stall() {
    this.#isStalled = true;
    clearTimeout(this.#silence);
    this.#response?.pause();
  }

  goOn() {
    this.#isStalled = false;
    this.#listen();
    this.#response?.resume();
  }

  stop() {
    this.leave(true);
  }

  /**
   * Block by block, so that each block that is only a position is seen too: it is what the client has when something comes next.
   * @param {string} text
   */
  #take(text) {
    this.#listen();
    const whole = this.#rest + text;
    let start = 0;
    for (let end = whole.indexOf(BLOCK_END); end >= 0; end = whole.indexOf(BLOCK_END, start)) {
      this.#takeBlock(whole.slice(start, end + BLOCK_END.length));
      start = end + BLOCK_END.length;
    }
    this.#rest = whole.slice(start);
  }

  /** @param {string} block */
  #takeBlock(block) {
    this.#before = this.#parser.lastEventId;
    this.#hadEvent = false;
    this.#parser.push(block);
    const { lastEventId } = this.#parser;
    if (this.#hadEvent || lastEventId === this.#before) return;
    this.#record.seen.push({ kind: "position", tick: this.history.tick(), id: lastEventId });
  }

  /** @param {import("sluice/protocol").ParsedEvent} event */
  #hear({ type, data, lastEventId: id }) {
    this.#hadEvent = true;
    const tick = this.history.tick();
    if (type === "gap") {
      const { reason, lastEventId, resumesAfter } = JSON.parse(data);
      this.#record.seen.push({ kind: "gap", tick, id, before: this.#before, reason, lastEventId, resumesAfter });
    } else {
      const { key } = JSON.parse(data);
      this.#record.seen.push({ kind: "event", tick, id, key, intact: this.#isIntact(key, data) });
    }
  }

  /** @param {number} key @param {string} data */
  #isIntact(key, data) {
    const event = this.history.events[key];
    return event !== undefined && data === textOf(event);
  }

  /** @param {import("node:http").ClientRequest} request @param {string} why */
  #closed(request, why) {
    if (request !== this.#request) return;
    this.#request = undefined;
    this.#response = undefined;
    clearTimeout(this.#silence);
    request.destroy();
    this.#record.seen.push({ kind: "closed", tick: this.history.tick(), why });
    if (!this.#isAway) this.#comeBack();
  }

  #comeBack() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.connect(), this.#retryMs);
  }

  #listen() {
    if (!this.#watches || this.#isStalled) return;
    clearTimeout(this.#silence);
    const request = this.#request;
    this.#silence = setTimeout(() => request && this.#closed(request, "silent"), SILENCE_LIMIT_MS);
  }
}
