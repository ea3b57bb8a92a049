// @ts-check
import { get } from "node:http";
import { createParser } from "sluice/protocol";

/** @typedef {import("../cluster/node-handle.mjs").NodeHandle} NodeHandle */
/** @typedef {import("../history.mjs").FollowerHistory} FollowerHistory */

const RETRY_MS = 150;
const NO_CONTENT = 204;
/** Nobody could serve it now: a browser's EventSource would give up here, a client that means it comes back. */
const SERVER_ERRORS = 500;
/** A connection on which nothing came for so long is given up, in ms: nodes may be stopped. */
const SILENCE_LIMIT_MS = 4_000;

/** Follows one job until the server says that there is no more to come (204), from whichever node. */
export class Follower {
  #record;
  #path;
  #nodes;
  #random;
  #parser;
  #isStopped = false;
  /** @type {import("node:http").ClientRequest | undefined} */
  #request;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** @type {NodeJS.Timeout | undefined} */
  #silence;

  /**
   * @param {FollowerHistory} record
   * @param {string} id of the job
   * @param {readonly NodeHandle[]} nodes
   * @param {import("../random.mjs").Random} random
   */
  constructor(record, id, nodes, random) {
    this.#record = record;
    this.#path = `/job?id=${encodeURIComponent(id)}`;
    this.#nodes = nodes;
    this.#random = random;
    this.#parser = createParser({
      onEvent: ({ type }) => {
        if (type === "gap") this.#record.gaps++;
        else if (type !== "progress") this.#record.ends.push(type);
      },
    });
  }

  connect() {
    const node = this.#random.pick(this.#nodes);
    if (node.port === undefined) return this.#comeBack();
    const { lastEventId } = this.#parser;
    const headers = lastEventId ? { "last-event-id": lastEventId } : {};
    const request = get({ port: node.port, host: "127.0.0.1", path: this.#path, headers, agent: false });
    this.#request = request;
    this.#parser.reset();
    this.#listen(request);
    request.on("response", (response) => {
      const { statusCode = 0 } = response;
      this.#record.answers.push(statusCode);
      response.on("error", () => {}).on("close", () => this.#closed(request));
      if (statusCode === NO_CONTENT || (statusCode !== 200 && statusCode < SERVER_ERRORS)) this.stop();
      response.on("data", (bytes) => {
        if (request !== this.#request || statusCode !== 200) return;
        this.#listen(request);
        this.#parser.push(bytes);
      });
    });
    request.on("error", () => this.#closed(request));
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#silence);
    this.#request?.destroy();
  }

  /** @param {import("node:http").ClientRequest} request */
  #closed(request) {
    if (request !== this.#request) return;
    this.#request = undefined;
    clearTimeout(this.#silence);
    request.destroy();
    this.#comeBack();
  }

  #comeBack() {
    if (!this.#isStopped) this.#timer = setTimeout(() => this.connect(), RETRY_MS);
  }

  /** @param {import("node:http").ClientRequest} request */
  #listen(request) {
    clearTimeout(this.#silence);
    if (!this.#isStopped) this.#silence = setTimeout(() => this.#closed(request), SILENCE_LIMIT_MS);
  }
}
