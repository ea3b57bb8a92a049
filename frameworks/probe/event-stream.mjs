// @ts-check
import { createParser } from "sluice/protocol";
import { within } from "./within.mjs";

/** @typedef {import("sluice/protocol").ParsedEvent} ParsedEvent */
/** @typedef {import("./http.mjs").Received} Received */

/** A client's side of an open event stream. It reads all the time, as a browser does. */
export class EventStream {
  /** The newest reconnection time, in ms. @type {number | undefined} */
  retry;
  headers;
  #leave;
  #parser;
  /** @type {ParsedEvent[]} */
  #events = [];
  #onChange = () => {};
  /** How the stream ended: in order, or cut. @type {"complete" | "cut" | undefined} */
  #end;

  /** @param {Received} received @param {string} lastEventId */
  constructor({ headers, body, leave }, lastEventId) {
    this.headers = headers;
    this.#leave = leave;
    this.#parser = createParser({
      lastEventId,
      onEvent: (event) => void this.#events.push(event),
      onRetry: (ms) => {
        this.retry = ms;
      },
    });
    body.on("data", (bytes) => {
      this.#parser.push(bytes);
      this.#onChange();
    });
    const finish = (/** @type {"complete" | "cut"} */ end) => {
      this.#end ??= end;
      this.#onChange();
    };
    body.once("end", () => finish("complete"));
    body.on("error", () => finish("cut"));
    body.once("close", () => finish("cut"));
  }

  /** The position that a reconnect sends as `Last-Event-ID`. */
  get lastEventId() {
    return this.#parser.lastEventId;
  }

  /** How the stream ended; `undefined` while it is open. */
  get end() {
    return this.#end;
  }

  /** Resolves to the next event. Rejects if it does not come within `timeout` ms, or if the stream ends before. */
  async next(timeout = 5_000) {
    const event = await within(
      timeout,
      "an event",
      this.#change(() => this.#events.length > 0),
    );
    if (event) return /** @type {ParsedEvent} */ (this.#events.shift());
    throw new Error(`Expected an event, but the stream has ended (${this.#end}).`);
  }

  /** Resolves to the events that arrive until the stream has ended, and how it ended. */
  async rest(timeout = 5_000) {
    await within(
      timeout,
      "the end of the stream",
      this.#change(() => false),
    );
    return { events: this.#events.splice(0), end: this.#end };
  }

  /** Closes the connection, as a client that leaves does. */
  leave() {
    this.#leave();
  }

  /** Resolves to true once the condition holds, or to false at the end. @param {() => boolean} condition */
  async #change(condition) {
    while (!condition()) {
      if (this.#end !== undefined) return false;
      await new Promise((resolve) => {
        this.#onChange = () => resolve(undefined);
      });
    }
    return true;
  }
}
