/** Programs around the types of `@microsoft/fetch-event-source`. */
import {
  type EventSourceMessage,
  EventStreamContentType,
  type FetchEventSourceInit,
  fetchEventSource,
} from "@microsoft/fetch-event-source";

/** A subclass of the options, as programs declare it. */
interface ChatInit extends Omit<FetchEventSourceInit, "body" | "onmessage"> {
  prompt: string;
  onText(text: string, message: EventSourceMessage): void;
}

export function withToken(init: FetchEventSourceInit, token: string): FetchEventSourceInit {
  return { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } };
}

export async function chat(url: RequestInfo, { prompt, onText, ...rest }: ChatInit): Promise<void> {
  const headers: Record<string, string> | undefined = rest.headers;
  const accept: string | undefined = headers?.accept ?? EventStreamContentType;
  await fetchEventSource(url, {
    ...rest,
    headers: { ...headers, accept: accept ?? "" },
    body: JSON.stringify({ prompt }),
    onmessage: async (message) => onText(message.data.toUpperCase(), message),
    onopen: async (response: Response): Promise<void> => {
      if (rest.onopen !== undefined) await rest.onopen(response).then(() => undefined);
    },
    onerror: (error) => (error.status === 429 ? 5_000 : (error.retry as number | null)),
    openWhenHidden: true,
    keepalive: false,
    credentials: "include",
    mode: "cors",
    cache: "no-cache",
    fetch: window.fetch,
    signal: new AbortController().signal,
  });
}

export const onmessage: FetchEventSourceInit["onmessage"] = ({ id, event, data, retry }) => {
  const delay: number | undefined = retry;
  const texts: string[] = [id, event, data];
  console.log(texts, delay);
};

export const impl: typeof fetchEventSource = (input, init) => fetchEventSource(input, { ...init, onmessage: () => {} });
export type Init = Parameters<typeof fetchEventSource>[1];
export const literal: "text/event-stream" = EventStreamContentType;
export const options = [{}, { headers: {} }, { signal: null, onclose: () => {} }] satisfies Init[];
void new Promise<void>((resolve, reject) => fetchEventSource(new Request("/a"), options[0]!).then(resolve, reject));
