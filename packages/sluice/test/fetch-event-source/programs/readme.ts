/** The examples of the README of `@microsoft/fetch-event-source`, as functions of a URL. */
import { EventStreamContentType, fetchEventSource } from "@microsoft/fetch-event-source";

export async function readAll(url: string): Promise<string[]> {
  const seen: string[] = [];
  await fetchEventSource(url, {
    onmessage(ev) {
      seen.push(ev.data);
    },
  });
  return seen;
}

export function post(url: string): { done: Promise<void>; ctrl: AbortController } {
  const ctrl = new AbortController();
  const done = fetchEventSource(url, {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
    },
    body: JSON.stringify({
      foo: "bar",
    }),
    signal: ctrl.signal,
  });
  return { done, ctrl };
}

export class RetriableError extends Error {}
export class FatalError extends Error {}

export function readWithErrors(url: string, log: unknown[]): Promise<void> {
  return fetchEventSource(url, {
    async onopen(response) {
      if (response.ok && response.headers.get("content-type") === EventStreamContentType) {
        return; // everything's good
      } else if (response.status >= 400 && response.status < 500 && response.status !== 429) {
        // client-side errors are usually non-retriable:
        throw new FatalError();
      } else {
        throw new RetriableError();
      }
    },
    onmessage(msg) {
      // if the server emits an error message, throw an exception
      // so it gets handled by the onerror callback below:
      if (msg.event === "FatalError") {
        throw new FatalError(msg.data);
      }
      log.push(msg.data);
    },
    onclose() {
      // if the server closes the connection unexpectedly, retry:
      throw new RetriableError();
    },
    onerror(err) {
      log.push(err.constructor.name);
      if (err instanceof FatalError) {
        throw err; // rethrow to stop the operation
      } else {
        // do nothing to automatically retry. You can also
        // return a specific retry interval here.
      }
    },
  });
}
