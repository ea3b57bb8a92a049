import type { CloseReason, StreamOptions } from "../../src/index.ts";
import { SeenStream } from "../support/seen-stream.ts";
import type { Asker, Carrier, Get, Open } from "./carrier.ts";

/** A `Response` of the Fetch standard, read by a reader of its body. */
export const fetchCarrier: Carrier = {
  name: "Response",
  ways: ["cancel", "abort"],
  framed: true,
  async start(answer) {
    return {
      get: (request) => askFetch(request ?? {}, answer),
      async [Symbol.asyncDispose]() {},
    };
  },
};

function askFetch(
  { path = "/", method = "GET", headers = {}, paused: startsPaused = false, keep = false }: Get,
  answer: (open: Open) => void,
): Asker {
  const controller = new AbortController();
  const request = new Request(`http://localhost${path}`, { method, headers, signal: controller.signal });
  const seen = new SeenStream({ keep });
  let response: Response | undefined;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let paused = startsPaused;
  let complete = false;
  let over = false;

  let isReading = false;
  async function read(): Promise<void> {
    if (isReading) return;
    isReading = true;
    try {
      while (!paused && !over) {
        const { done, value } = await reader!.read();
        if (done) complete = over = true;
        else seen.push(value);
      }
    } catch {
      // Cut; `complete` stays false.
      over = true;
    }
    isReading = false;
  }

  function got(answered: Response): void {
    response = answered;
    reader = answered.body?.getReader();
    if (reader === undefined) complete = over = true;
    else if (!paused) void read();
  }

  answer(
    (sluice, source, options) =>
      new Promise<CloseReason>((resolve, reject) => {
        const onClose: StreamOptions["onClose"] = (reason, connection) => {
          resolve(reason);
          options?.onClose?.(reason, connection);
        };
        sluice.response(request, source, { ...options, onClose }).then(got, reject);
      }),
  );
  return {
    get status() {
      return response?.status ?? 0;
    },
    get headers() {
      return Object.fromEntries(response?.headers ?? []);
    },
    stream: seen,
    get complete() {
      return complete;
    },
    get over() {
      return over;
    },
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      if (reader !== undefined) void read();
    },
    leave: (way) => (way === "abort" || reader === undefined ? controller.abort() : void reader.cancel()),
  };
}
