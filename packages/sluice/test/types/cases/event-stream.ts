import { type Channel, createSluice, defineChannel, type EventsOf } from "sluice";
import { type AttemptEnd, EventStreamError, openEventStream, type StreamGap, type StreamState } from "sluice/client";
import { type Exactly, holds } from "./exactly.ts";

interface Placed {
  id: number;
  at: Date;
}
const orders = defineChannel<{ placed: Placed; cancelled: { id: number } }>("orders");
const channel: Channel<{ note: string }> = createSluice().channel<{ note: string }>("notes");

const stream = openEventStream<EventsOf<typeof orders>>(new URL("https://desk.example"), {
  headers: async () => ({ authorization: "Bearer x" }),
  until: ({ type, data }) => type === "cancelled" && data.id === 1,
  persist: localStorage,
  onGap: (gap) => holds<Exactly<typeof gap, StreamGap>>(),
  onAttemptEnd: (end, { retryIn }) => {
    holds<Exactly<typeof end, AttemptEnd>>();
    holds<Exactly<typeof retryIn, number | undefined>>();
    if (end.type === "status" && end.status === 404) return "retry";
    return end.type === "ended" ? { retryIn: 5 } : undefined;
  },
});
holds<Exactly<typeof stream.state, StreamState>>();
holds<Exactly<typeof stream.closed, Promise<AttemptEnd>>>();

// The data is as JSON keeps it, and the event narrows on its type. A gap is an event too.
for await (const event of stream) {
  holds<Exactly<typeof event.type, "placed" | "cancelled" | "gap">>();
  if (event.type === "placed") holds<Exactly<typeof event.data, { id: number; at: string }>>();
  if (event.type === "gap") holds<Exactly<typeof event.data, StreamGap>>();
}
const remove = stream.on("placed", (data, event) => {
  holds<Exactly<typeof data.at, string>>();
  holds<Exactly<typeof event.id, string>>();
});
holds<Exactly<typeof remove, () => void>>();
stream.on("gap", ({ resumesAfter }) => holds<Exactly<typeof resumesAfter, string>>());
stream.onStateChange((state) => holds<Exactly<typeof state, StreamState>>());
// @ts-expect-error the channel has no such event
stream.on("placd", () => undefined);
// @ts-expect-error the data has no such field
stream.on("cancelled", ({ at }) => at);
// @ts-expect-error the option does not exist
openEventStream("https://desk.example", { heartbeat: 5 });

// The types come from a channel, or there are none.
openEventStream<EventsOf<typeof channel>>("/notes").on("note", (text) => holds<Exactly<typeof text, string>>());
openEventStream("/any", { onAttemptEnd: (end) => console.log(end) }).on("any", (data) =>
  holds<Exactly<typeof data, unknown>>(),
);
// A resource, and a store of one's own.
await using _resource = openEventStream("/any", { persist: { load: async () => null, save: async () => undefined } });

const failed: unknown = undefined;
if (failed instanceof EventStreamError) {
  holds<Exactly<typeof failed.status, number | undefined>>();
  holds<Exactly<typeof failed.body, string | undefined>>();
}
