import type { CloseReason, StreamOptions } from "../../../../src/index.ts";
import { ReceivedStream } from "../../../support/clients/received-stream.ts";
import type { Arrival, Carrier, ClientRequest, Open, TestClient } from "./carrier.ts";

/** The Fetch standard: a `Response` whose body is read by a reader. */
export const fetchCarrier: Carrier = {
  name: "Response",
  ways: ["cancel", "abort"],
  framed: true,
  async start(answer) {
    return {
      request: (request) => requestByFetch(request ?? {}, answer),
      async [Symbol.asyncDispose]() {},
    };
  },
};

function requestByFetch(
  { path = "/", method = "GET", headers = {}, paused: startsPaused = false, keep = false }: ClientRequest,
  answer: (open: Open, arrival: Arrival) => void,
): TestClient {
  const controller = new AbortController();
  const request = new Request(`http://localhost${path}`, { method, headers, signal: controller.signal });
  const stream = new ReceivedStream({ keep });
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
        else stream.push(value);
      }
    } catch {
      // The body was cut: `complete` stays false.
      over = true;
    }
    isReading = false;
  }

  function received(answered: Response): void {
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
        sluice.response(request, source, { ...options, onClose }).then(received, reject);
      }),
    {
      get gone() {
        return request.signal.aborted;
      },
    },
  );
  return {
    get status() {
      return response?.status ?? 0;
    },
    get headers() {
      return Object.fromEntries(response?.headers ?? []);
    },
    stream,
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
