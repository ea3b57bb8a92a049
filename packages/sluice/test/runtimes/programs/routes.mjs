/**
 * The routes of the programs in this folder: a channel to which `/publish` publishes, and a source that waits. A
 * program reports what happens in lines of JSON on standard output.
 */
import { createSluice } from "../../../dist/index.js";

export const sluice = createSluice();
const news = sluice.channel("news", { retain: { bytes: Infinity } });

/** Prints a message as a line of JSON. @param {object} message */
export const print = (message) => console.log(JSON.stringify(message));

/**
 * Answers a request with a stream or with a value.
 *
 * @param {string} url
 * @param {(source: object, options: object) => unknown} stream
 * @param {(value: unknown) => unknown} answer
 */
export async function serve(url, stream, answer) {
  const { pathname, searchParams } = new URL(url, "http://desk.example");
  switch (pathname) {
    case "/news":
      return stream(news.subscribe(), { onClose: (reason) => print({ news: reason }) });
    case "/waiting":
      return stream(waiting, { onClose: (reason) => print({ waiting: reason }) });
    case "/refused":
      return stream(() => Promise.reject(Object.assign(new Error("Not for you."), { status: 403 })), {});
    case "/publish": {
      const text = "x".repeat(Number(searchParams.get("size") ?? 0));
      const ids = [];
      for (let i = 0; i < Number(searchParams.get("count") ?? 1); i++) ids.push(await news.publish("edition", text));
      return answer(ids.at(-1));
    }
    case "/drain":
      sluice.drain({ pace: 0, timeout: 5_000 }).then(() => print({ health: sluice.health() }));
      return answer("draining");
    default:
      return answer(sluice.stats());
  }
}

/** A source that yields one event, and then waits until its signal aborts and `return()` is called. */
function waiting({ signal }) {
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
      return Promise.resolve({ done: false, value: "waiting" });
    },
    return() {
      print({ returned: true, aborted: signal.aborted });
      return Promise.resolve({ done: true, value: undefined });
    },
  };
}
