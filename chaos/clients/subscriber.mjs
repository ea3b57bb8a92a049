// @ts-check
import { get } from "node:http";
import { createParser } from "sluice/protocol";
import { ChannelView } from "./channel-view.mjs";
import { DOC, MAIN, SIDE, SideWatch } from "./combined-parts.mjs";

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
 * @property {History} round the history that records connections
 * @property {History} [history] that of the channel it follows. Default: `round`
 * @property {string} name
 * @property {import("../history.mjs").SubscriberHistory["topics"]} topics
 * @property {string} user
 * @property {readonly NodeHandle[]} nodes
 * @property {import("../random.mjs").Random} random
 * @property {History} [doc] the history of the deleted channel. If present, its streams combine that channel with its
 * own one and the second one
 */

/**
 * A client as real ones are: it follows `id` and `retry`, reconnects to any node with its last event ID, and never
 * gives up.
 */
export class Subscriber {
  #round;
  /** The channels of its streams that the checker judges, its own one first. */
  #views;
  #topics;
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
  /** @type {import("../history.mjs").ConnectionHistory | undefined} */
  #connection;
  /** @type {NodeJS.Timeout | undefined} */
  #retryTimer;
  /** @type {NodeJS.Timeout | undefined} */
  #silenceTimer;
  #isAway = false;
  #isPaused = false;
  /** The received part of a block that is not complete yet. */
  #partialBlock = "";

  /** @param {SubscriberOptions} options */
  constructor({ round, history = round, name, topics, user, nodes, random, doc }) {
    this.#round = round;
    this.#topics = topics;
    this.#user = user;
    this.#nodes = nodes;
    this.#random = random;
    this.#views = [new ChannelView({ history, name, topics, ...(doc && { part: MAIN }) })];
    if (doc !== undefined) {
      this.#views.push(new ChannelView({ history: doc, name, topics, part: DOC }));
      const mayHaveGaps = round.storeLostData || round.retained < KEEPS_ALL;
      this.#side = new SideWatch(name, { mayHaveGaps, faults: round.sideFaults });
    }
    this.#detectsSilence = random.chance(0.5);
    this.#parser = createParser({
      onEvent: (event) => this.#receive(event),
      onRetry: (ms) => {
        this.#retryMs = ms;
      },
    });
  }

  /** The channels of its streams that the checker judges. */
  get views() {
    return this.#views;
  }

  /** The channel that it follows. */
  get channel() {
    return this.#own.history.channel;
  }

  get name() {
    return this.#own.record.name;
  }

  get topics() {
    return this.#topics;
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
    const topics = this.#topics;
    const connection = this.#round.addConnection(this.#user, node.process);
    const topicsQuery = topics === undefined ? "" : `&topics=${topics === "*" ? "*" : topics.join(",")}`;
    const combined = this.#side === undefined ? "" : "&combined";
    const query = `connection=${connection.number}&user=${this.#user}&channel=${this.channel}`;
    const path = `/?${query}${topicsQuery}${combined}`;
    const { lastEventId } = this.#parser;
    const headers = { accept: "text/event-stream", ...(lastEventId && { "last-event-id": lastEventId }) };
    const request = get({ port: node.port, host: "127.0.0.1", path, headers, agent: false });
    this.#request = request;
    this.#connection = connection;
    for (const view of this.#views) view.opened(node.process, lastEventId);
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
      connection.opened = this.#round.tick();
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
    this.#leave(this.#request, "left");
  }

  /** Closes the connection, and stays away until `connect`. */
  stop() {
    this.#isAway = true;
    clearTimeout(this.#retryTimer);
    this.#leave(this.#request, "left");
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
    for (const view of this.#views) view.beginBlock(this.#parser.lastEventId);
    this.#parser.push(block);
    for (const view of this.#views) view.endBlock(this.#parser.lastEventId);
  }

  /** @param {import("sluice/protocol").ParsedEvent} event */
  #receive(event) {
    const { type, data } = event;
    const view = this.#views.find((each) => each.has(type, data));
    if (view !== undefined) view.receive(event);
    else if (type === "gap") this.#side?.gap(data);
    else if (type.startsWith(`${SIDE}.`)) this.#side?.receive(data);
    else this.#round.sideFaults.push(`${this.name} received an event of the type ${type}`);
  }

  get #own() {
    return /** @type {ChannelView} */ (this.#views[0]);
  }

  /** @param {import("node:http").ClientRequest | undefined} request @param {string} why */
  #leave(request, why) {
    if (request === undefined || request !== this.#request) return;
    if (this.#connection !== undefined) this.#connection.isLeft = true;
    this.#closed(request, why);
  }

  /** @param {import("node:http").ClientRequest} request @param {string} why */
  #closed(request, why) {
    if (request !== this.#request) return;
    this.#request = undefined;
    this.#response = undefined;
    clearTimeout(this.#silenceTimer);
    request.destroy();
    for (const view of this.#views) view.closed(why);
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
    this.#silenceTimer = setTimeout(() => this.#leave(request, "silent"), SILENCE_LIMIT_MS);
  }
}
