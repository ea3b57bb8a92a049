import { isEventStream } from "../client/connection/mime-type.ts";
import { EventStreamError } from "../client/stream/attempt/attempt-end.ts";
import { refusalOf } from "../client/stream/attempt/refusal.ts";
import { EventStreamContentType, type FetchEventSourceOptions } from "./fetch-event-source-options.ts";
import type { MessageParser } from "./message-parser.ts";

/**
 * Lets the program accept an answer, and returns an answer in its place that reads as an event stream: its body has the
 * lines that control the connection, and the parser receives everything. Rejects if the program or the default refuses
 * the answer.
 */
export async function openAnswer(
  answer: Response,
  onopen: FetchEventSourceOptions["onopen"],
  parser: MessageParser,
): Promise<Response> {
  const { status, ok, body } = answer;
  const isStream = ok && isEventStream(answer.headers.get("content-type"));
  if (onopen) await onopen(answer);
  // A 204 reads as an event stream that has ended.
  else if (!isStream && status !== 204) throw await refusal(answer);
  const headers = new Headers({ "content-type": EventStreamContentType });
  return { status: 200, headers, body: body && controlOf(body, parser) } as unknown as Response;
}

/** Ends an answer that is not read to its end, also if its `fetch` ignores the signal. */
export function discard(answer: Response): void {
  // A body that the program is reading is locked, and ends with the request.
  answer.body?.cancel?.().catch(() => {});
}

async function refusal({ status, ok, headers, body }: Response): Promise<EventStreamError> {
  const reader = body?.getReader();
  const end = await refusalOf(ok ? 200 : status, headers, reader, (promise) => Promise.resolve(promise));
  reader?.cancel().catch(() => {});
  return new EventStreamError(end);
}

/** Returns the body in which only the lines remain that control the connection. */
function controlOf(body: ReadableStream<Uint8Array>, parser: MessageParser): object {
  const encoder = new TextEncoder();
  const cancel = () => body.cancel();
  return {
    cancel,
    getReader() {
      const reader = body.getReader();
      return {
        cancel: () => reader.cancel(),
        async read() {
          const { value } = await reader.read();
          return { value: value && encoder.encode(parser.push(value)) };
        },
      };
    },
  };
}
