// @ts-check
import { EventStream } from "./event-stream.mjs";
import { exchange } from "./http.mjs";
import { eventually, within } from "./within.mjs";

/** @typedef {import("../frame/fixture.d.mts").NamedFixture} NamedFixture */

const ANSWER_TIMEOUT_MS = 10_000;
/** The page's origin. The browser of a page elsewhere sends one, and CORS answers only then. */
const ORIGIN = "https://page.example";

/** A running fixture, as its clients see it: the contract of README.md as methods. */
export class Site {
  /** @type {Set<EventStream>} */
  #streams = new Set();

  /**
   * @param {object} setup
   * @param {NamedFixture} setup.fixture
   * @param {string} setup.folder the project that runs
   * @param {string} setup.built what its build printed
   * @param {import("../frame/server.mjs").FixtureProcess} setup.server
   * @param {string} setup.origin
   * @param {import("../frame/fixture.d.mts").Mode} setup.mode
   */
  constructor({ fixture, folder, built, server, origin, mode }) {
    this.fixture = fixture;
    this.folder = folder;
    this.built = built;
    this.server = server;
    this.origin = origin;
    this.mode = mode;
  }

  /** Resolves when the server answers. @param {number} timeout */
  async ready(timeout) {
    await eventually(timeout, "GET /health to be answered with 200", async () => {
      if (this.server.end !== undefined) return true;
      return (await this.send("GET", "/health")).status === 200;
    });
    if (this.server.end !== undefined) throw new Error(`The server ended at once, with ${this.server.end}.`);
  }

  /** The number of open streams that the server knows. @returns {Promise<number>} */
  async streams() {
    return (await this.send("GET", "/health")).json().streams;
  }

  /** Signs a user in. @param {string} user */
  async signIn(user) {
    const { status, headers, text } = await this.send("POST", "/api/login", { body: { user } });
    const cookie = headers.getSetCookie().map((line) => line.split(";")[0]);
    if (status >= 300 || cookie.length === 0)
      throw new Error(`POST /api/login answered ${status} and set ${cookie.length} cookies: ${text}`);
    return new User(this, cookie.join("; "));
  }

  /**
   * Sends a request, and resolves to the whole answer.
   * @param {string} method
   * @param {string} path
   * @param {{ headers?: Record<string, string>, body?: unknown }} [options]
   */
  async send(method, path, { headers = {}, body } = {}) {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const type = text === undefined ? {} : { "content-type": "application/json" };
    const length = text === undefined ? {} : { "content-length": `${Buffer.byteLength(text)}` };
    const all = { origin: ORIGIN, ...type, ...length, ...headers };
    const exchanged = exchange(this.origin, { method, path, headers: all, body: text });
    const received = await within(ANSWER_TIMEOUT_MS, `an answer to ${method} ${path}`, exchanged);
    const answer = received.body.setEncoding("utf8").toArray();
    try {
      return new Answer(received, (await within(ANSWER_TIMEOUT_MS, `all of ${method} ${path}`, answer)).join(""));
    } finally {
      received.leave();
    }
  }

  /**
   * Opens an event stream. Rejects if the answer is none.
   * @param {string} path
   * @param {{ headers?: Record<string, string>, lastEventId?: string }} [options]
   */
  async open(path, { headers = {}, lastEventId = "" } = {}) {
    const position = lastEventId === "" ? {} : { "last-event-id": lastEventId };
    const all = { origin: ORIGIN, accept: "text/event-stream", "cache-control": "no-cache", ...position, ...headers };
    const exchanged = exchange(this.origin, { method: "GET", path, headers: all, body: undefined });
    const received = await within(ANSWER_TIMEOUT_MS, `the head of GET ${path}`, exchanged);
    const type = received.headers.get("content-type");
    if (received.status !== 200 || !type?.startsWith("text/event-stream")) {
      received.leave();
      throw new Error(`GET ${path} answered ${received.status} ${type}, and not with an event stream.`);
    }
    const stream = new EventStream(received, lastEventId);
    this.#streams.add(stream);
    return stream;
  }

  /** Closes the streams that are still open. */
  leaveAll() {
    for (const stream of this.#streams) stream.leave();
    this.#streams.clear();
  }
}

/** A signed-in user. */
export class User {
  #site;
  #headers;

  /** @param {Site} site @param {string} cookie */
  constructor(site, cookie) {
    this.#site = site;
    this.#headers = { cookie };
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [body]
   * @param {Record<string, string>} [headers]
   */
  send(method, path, body, headers = {}) {
    return this.#site.send(method, path, { headers: { ...this.#headers, ...headers }, body });
  }

  /** @param {string} path @param {string} [lastEventId] */
  open(path, lastEventId = "") {
    return this.#site.open(path, { headers: this.#headers, lastEventId });
  }

  /**
   * Publishes news for everybody, or for one user. Resolves to the event ID.
   * @param {string} text
   * @param {string} [to]
   */
  async publish(text, to) {
    const answer = await this.send("POST", "/api/news", to === undefined ? { text } : { text, to });
    if (answer.status >= 300) throw new Error(`POST /api/news answered ${answer.status}: ${answer.text}`);
    return /** @type {string} */ (answer.json().id);
  }

  /** Starts a job, and resolves to its ID. */
  async startJob() {
    const answer = await this.send("POST", "/api/exports");
    if (answer.status >= 300) throw new Error(`POST /api/exports answered ${answer.status}: ${answer.text}`);
    return /** @type {string} */ (answer.json().id);
  }
}

/** A whole answer. */
export class Answer {
  /** @param {import("./http.mjs").Received} received @param {string} text */
  constructor({ status, headers }, text) {
    this.status = status;
    this.headers = headers;
    this.text = text;
  }

  json() {
    try {
      return JSON.parse(this.text);
    } catch (cause) {
      throw new Error(`Expected JSON, but the answer is ${this.status}: ${this.text.slice(0, 200)}`, { cause });
    }
  }
}
