import { answer } from "../answer.mjs";
import { makeEvent } from "../event.mjs";

const { type, data } = makeEvent(0);

/** The event's type. */
export const TYPE = type;

/** The event's data, made text beforehand: what is measured is the log. */
export const TEXT = JSON.stringify(data);

/** What a log keeps of it: the line of JSON that each entry begins with, and the text. */
export const ENTRY = `[${Date.now()},${JSON.stringify(type)},0]\n${TEXT}`;

/**
 * What every publisher program shares: so many at a time are under way, and as one is acknowledged the next is published.
 * @param {() => Promise<unknown>} publish resolves when it is acknowledged
 */
export function servePublisher(publish) {
  answer({
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
