// @ts-check
import { get } from "node:http";
import { createParser } from "sluice/protocol";

/** @typedef {import("../cluster/node-handle.mjs").NodeHandle} NodeHandle */
/** @typedef {import("../history.mjs").FollowerHistory} FollowerHistory */

const RETRY_MS = 150;
const NO_CONTENT = 204;
/** A browser's EventSource gives up at a 5xx. This client tries again. */
const SERVER_ERRORS = 500;
/** A connection that receives no byte for this time is closed, in ms: its node may be stopped. */
const SILENCE_LIMIT_MS = 4_000;

/** A client that follows one job, on any node, until a node answers 204. */
export class JobFollower {
  #record;
  #path;
  #nodes;
  #random;
  #parser;
  #isStopped = false;
  /** @type {import("node:http").ClientRequest | undefined} */
  #request;
  /** @type {NodeJS.Timeout | undefined} */
  #retryTimer;
  /** @type {NodeJS.Timeout | undefined} */
  #silenceTimer;

  /**
   * @param {FollowerHistory} record
   * @param {string} jobId
   * @param {readonly NodeHandle[]} nodes
   * @param {import("../random.mjs").Random} random
   */
  constructor(record, jobId, nodes, random) {
    this.#record = record;
    this.#path = `/job?id=${encodeURIComponent(jobId)}`;
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
    if (node.port === undefined) return this.#reconnectLater();
    const { lastEventId } = this.#parser;
    const headers = lastEventId ? { "last-event-id": lastEventId } : {};
    const request = get({ port: node.port, host: "127.0.0.1", path: this.#path, headers, agent: false });
    this.#request = request;
    this.#parser.reset();
    this.#restartSilenceTimer(request);
    request.on("response", (response) => {
      const { statusCode = 0 } = response;
      this.#record.answers.push(statusCode);
      response.on("error", () => {}).on("close", () => this.#closed(request));
      if (statusCode === NO_CONTENT || (statusCode !== 200 && statusCode < SERVER_ERRORS)) this.stop();
      response.on("data", (bytes) => {
        if (request !== this.#request || statusCode !== 200) return;
        this.#restartSilenceTimer(request);
        this.#parser.push(bytes);
      });
    });
    request.on("error", () => this.#closed(request));
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    this.#request?.destroy();
  }

  /** @param {import("node:http").ClientRequest} request */
  #closed(request) {
    if (request !== this.#request) return;
    this.#request = undefined;
    clearTimeout(this.#silenceTimer);
    request.destroy();
    this.#reconnectLater();
  }

  #reconnectLater() {
    if (!this.#isStopped) this.#retryTimer = setTimeout(() => this.connect(), RETRY_MS);
  }

  /** @param {import("node:http").ClientRequest} request */
  #restartSilenceTimer(request) {
    clearTimeout(this.#silenceTimer);
    if (!this.#isStopped) this.#silenceTimer = setTimeout(() => this.#closed(request), SILENCE_LIMIT_MS);
  }
}
