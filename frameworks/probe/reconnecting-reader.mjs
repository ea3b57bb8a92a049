// @ts-check
import { eventually } from "./within.mjs";

/** @typedef {import("sluice/protocol").ParsedEvent} ParsedEvent */

const RECONNECTION_TIME_MS = 100;

/** Reads the news as `EventSource` does: if the stream ends, it opens it again with the last event ID. */
export class ReconnectingReader {
  /** All events so far. @type {ParsedEvent[]} */
  events = [];
  /** The number of streams that were opened. */
  connections = 0;
  #isClosed = false;
  /** @type {import("./event-stream.mjs").EventStream | undefined} */
  #stream;

  /** @param {import("./site.mjs").Site} site @param {string} user */
  constructor(site, user) {
    void this.#read(site, user);
  }

  /** Resolves when the first stream is open. */
  connected() {
    return eventually(10_000, "a first connection", () => this.connections > 0);
  }

  close() {
    this.#isClosed = true;
    this.#stream?.leave();
  }

  /** @param {import("./site.mjs").Site} site @param {string} name */
  async #read(site, name) {
    let lastEventId = "";
    while (!this.#isClosed) {
      try {
        // A restarted server may have lost its sessions, so a page signs in again.
        const user = await site.signIn(name);
        const stream = await user.open("/api/news", lastEventId);
        this.#stream = stream;
        this.connections++;
        while (!this.#isClosed) {
          this.events.push(await stream.next(600_000));
          lastEventId = stream.lastEventId;
        }
      } catch {
        // The stream has ended, or the server does not answer yet.
        lastEventId = this.#stream?.lastEventId ?? lastEventId;
      }
      await new Promise((resolve) => setTimeout(resolve, RECONNECTION_TIME_MS));
    }
  }
}
