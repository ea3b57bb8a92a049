/**
 * What the programs of this folder serve, each on its runtime: a channel that `/publish` fills, and a source that is parked. They
 * tell what happens by lines of JSON on standard output.
 */
import { createSluice } from "../../../dist/index.js";

export const sluice = createSluice();
const news = sluice.channel("news", { retain: { bytes: Infinity } });

/** @param {object} message */
export const say = (message) => console.log(JSON.stringify(message));

/**
 * What a request gets: a stream, or an answer.
 *
 * @param {string} url
 * @param {(source: object, options: object) => unknown} stream
 * @param {(value: unknown) => unknown} answer
 */
export async function serve(url, stream, answer) {
  const { pathname, searchParams } = new URL(url, "http://desk.example");
  switch (pathname) {
    case "/news":
      return stream(news.subscribe(), { onClose: (reason) => say({ news: reason }) });
    case "/parked":
      return stream(parked, { onClose: (reason) => say({ parked: reason }) });
    case "/refused":
      return stream(() => Promise.reject(Object.assign(new Error("Not for you."), { status: 403 })), {});
    case "/publish": {
      const text = "x".repeat(Number(searchParams.get("size") ?? 0));
      const ids = [];
      for (let i = 0; i < Number(searchParams.get("count") ?? 1); i++) ids.push(await news.publish("edition", text));
      return answer(ids.at(-1));
    }
    case "/drain":
      sluice.drain({ pace: 0, timeout: 5_000 }).then(() => say({ health: sluice.health() }));
      return answer("draining");
    default:
      return answer(sluice.stats());
  }
}

/** Gives one event, and then waits until it is ended: by its signal, and by `return()`. */
function parked({ signal }) {
  let isFirst = true;
  const ended = new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve({ done: true, value: undefined })),
  );
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (!isFirst) return ended;
      isFirst = false;
      return Promise.resolve({ done: false, value: "parked" });
    },
    return() {
      say({ returned: true, aborted: signal.aborted });
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
