import {
  EventSource,
  type EventSourceErrorEvent,
  type EventSourceMessage,
  type EventSourceOptions,
} from "sluice/client";
import { type Exactly, holds } from "./exactly.ts";

const options: EventSourceOptions = {
  withCredentials: true,
  headers: async () => ({ authorization: "Bearer x" }),
  method: "POST",
  body: () => new FormData(),
  fetch,
};
const source = new EventSource(new URL("https://desk.example"), options);
holds<Exactly<typeof source.readyState, number>>();
holds<Exactly<typeof EventSource.CLOSED, 2>>();

// The events of a listener depend on its type. The server names all other types.
source.addEventListener("placed", (event) => holds<Exactly<typeof event, EventSourceMessage>>());
source.addEventListener("message", (event) => holds<Exactly<typeof event, EventSourceMessage>>());
source.addEventListener("placed", (event: MessageEvent<string>) => void event.data, { once: true });
source.addEventListener("open", (event) => holds<Exactly<typeof event, Event>>());
source.addEventListener("error", { handleEvent: (event) => holds<Exactly<typeof event, EventSourceErrorEvent>>() });
source.onmessage = (event) => holds<Exactly<typeof event.data, string>>();
source.onmessage = null;
source.onerror = ({ code }) => holds<Exactly<typeof code, number | undefined>>();

// It can stand in for the class of the browser.
const native: globalThis.EventSource = source;
native.onmessage = (event: MessageEvent) => void event.data;
const listener = (event: MessageEvent<string>) => void event.data;
source.addEventListener("placed", listener);
source.removeEventListener("placed", listener);

// @ts-expect-error the attribute cannot be set
source.url = "https://other.example";
// @ts-expect-error the option does not exist
new EventSource("https://desk.example", { header: {} });
