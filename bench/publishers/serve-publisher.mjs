import { makeEvent } from "../event.mjs";
import { answerCalls } from "../processes/answer-calls.mjs";

const { type, data } = makeEvent(0);

/** The event's type. */
export const TYPE = type;

/** The event's data, serialized in advance: the scenario measures the log, not JSON. */
export const TEXT = JSON.stringify(data);

/** The text that a log keeps of an event: a line of JSON that begins each entry, and the data. */
export const ENTRY = `[${Date.now()},${JSON.stringify(type)},0]\n${TEXT}`;

/**
 * Runs a publisher program. It keeps `inFlight` publishes in flight: when one is acknowledged, it starts the next.
 * @param {() => Promise<unknown>} publish resolves when the event is acknowledged
 */
export function servePublisher(publish) {
  answerCalls({
    publishFor: async ({ ms, inFlight }) => {
      const start = performance.now();
      const end = start + ms;
      let events = 0;
      const publishOneByOne = async () => {
        while (performance.now() < end) {
          await publish();
          events++;
        }
      };
      await Promise.all(Array.from({ length: inFlight }, publishOneByOne));
      return { perSecond: (events / (performance.now() - start)) * 1_000 };
    },
  });
}
