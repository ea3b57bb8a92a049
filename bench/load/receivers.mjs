/**
 * Subscribers that look at each event: its number, which must follow the last one's, and how long ago it was published. Clocks:
 * `process.hrtime` counts from one moment for all processes of a machine.
 */
import { get } from "node:http";
import { createParser } from "sluice/protocol";
import { answer } from "../answer.mjs";

/** More delays than this are of no interest to anybody: the events were replayed. */
const MOST_DELAYS = 100_000;

class Receiver {
  count = 0;
  /** Events that were not the next one. */
  wrong = 0;
  /** @type {number | undefined} */
  last;
  /** In ms. @type {number[]} */
  delays = [];
  /** @type {{ number: number, resolve: (value?: undefined) => void } | undefined} */
  #awaited;

  /** @param {import("sluice/protocol").ParsedEvent} event */
  take({ type, data }) {
    if (type !== "number") {
      // A gap, of which there must be none.
      this.wrong++;
      return;
    }
    const [number, time] = data.split(" ", 2).map(Number);
    if (this.last !== undefined && number !== this.last + 1) this.wrong++;
    this.last = number;
    this.count++;
    this.delays.push((Number(process.hrtime.bigint()) - time) / 1e6);
    if (this.#awaited !== undefined && number >= this.#awaited.number) this.#awaited.resolve();
  }

  /**
   * Resolves when the event with this number is there.
   * @param {number} number
   */
  reach(number) {
    return new Promise((resolve) => {
      this.#awaited = { number, resolve };
      if (this.last !== undefined && this.last >= number) resolve(undefined);
    });
  }
}

/** @type {Receiver[]} */
const receivers = [];

answer({
  /** Resolves, to the receiver's index, when its stream has begun. */
  subscribe: ({ port, lastEventId }) =>
    new Promise((resolve, reject) => {
      const receiver = new Receiver();
      const parser = createParser({ onEvent: (event) => receiver.take(event) });
      const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
      const request = get({ port, host: "127.0.0.1", path: "/events", headers, agent: false }, (response) => {
        response.on("data", (chunk) => parser.push(chunk));
        response.on("error", () => receiver.wrong++);
        resolve(receivers.push(receiver) - 1);
      });
      request.once("error", reject);
    }),
  reach: ({ receiver, number }) => receivers[receiver].reach(number),
  /** What came since the last look, and how long it took. */
  look: ({ receiver }) => {
    const { count, wrong, delays } = receivers[receiver];
    Object.assign(receivers[receiver], { count: 0, wrong: 0, delays: [] });
    return { count, wrong, delays: count > MOST_DELAYS ? [] : delays };
  },
});
