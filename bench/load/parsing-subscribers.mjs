/**
 * Subscribers that parse each event. They check that its number follows the previous one, and measure the time since it
 * was published. `process.hrtime` has the same zero for all processes of a machine, so the times compare.
 */
import { get } from "node:http";
import { createParser } from "sluice/protocol";
import { answerCalls } from "../processes/answer-calls.mjs";

/** With more delays than this the events were replayed, and nobody needs their delays. */
const MAX_DELAYS = 100_000;

class ParsingSubscriber {
  count = 0;
  /** Number of events that did not follow the previous one, including gaps. */
  wrong = 0;
  /** @type {number | undefined} */
  last;
  /** In ms. @type {number[]} */
  delays = [];
  /** @type {{ number: number, resolve: (value?: undefined) => void } | undefined} */
  #awaited;

  /** @param {import("sluice/protocol").ParsedEvent} event */
  receive({ type, data }) {
    if (type !== "number") {
      // A gap event. A log that keeps all events must not cause one.
      this.wrong++;
      return;
    }
    const [number = Number.NaN, time = Number.NaN] = data.split(" ", 2).map(Number);
    if (this.last !== undefined && number !== this.last + 1) this.wrong++;
    this.last = number;
    this.count++;
    this.delays.push((Number(process.hrtime.bigint()) - time) / 1e6);
    if (this.#awaited !== undefined && number >= this.#awaited.number) this.#awaited.resolve();
  }

  /**
   * Resolves when the event with this number has arrived.
   * @param {number} number
   */
  reach(number) {
    return new Promise((resolve) => {
      this.#awaited = { number, resolve };
      if (this.last !== undefined && this.last >= number) resolve(undefined);
    });
  }

  /** Returns the results since the last call, and resets them. */
  takeResults() {
    const { count, wrong, delays } = this;
    Object.assign(this, { count: 0, wrong: 0, delays: [] });
    return { count, wrong, delays: count > MAX_DELAYS ? [] : delays };
  }
}

/** @type {ParsingSubscriber[]} */
const subscribers = [];

answerCalls({
  /** Opens a stream. Resolves to the subscriber's index when the response begins. */
  subscribe: ({ port, lastEventId }) =>
    new Promise((resolve, reject) => {
      const subscriber = new ParsingSubscriber();
      const parser = createParser({ onEvent: (event) => subscriber.receive(event) });
      const headers = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
      const request = get({ port, host: "127.0.0.1", path: "/events", headers, agent: false }, (response) => {
        response.on("data", (chunk) => parser.push(chunk));
        response.on("error", () => subscriber.wrong++);
        resolve(subscribers.push(subscriber) - 1);
      });
      request.once("error", reject);
    }),
  reach: ({ subscriber, number }) => subscribers[subscriber]?.reach(number),
  takeResults: ({ subscriber }) => subscribers[subscriber]?.takeResults(),
});
