import { defineChannel, type EventsOf } from "sluice";
import { type StreamGap, type StreamState, shareEventStream } from "sluice/client";
import { useEventStream, useEvents } from "sluice/react";
import { type Exactly, holds } from "./exactly.ts";

interface Placed {
  id: number;
  at: Date;
}
type Received = { id: number; at: string };
const orders = defineChannel<{ placed: Placed; cancelled: { id: number } }>("orders");

const stream = useEventStream<EventsOf<typeof orders>>("/api/orders", { headers: () => ({ authorization: "a" }) });
holds<Exactly<typeof stream.state, StreamState>>();
holds<Exactly<typeof stream.gap, StreamGap | undefined>>();
const { lastEvent } = stream;
if (lastEvent?.type === "placed") holds<Exactly<typeof lastEvent.data, Received>>();

// The types of the channel reach the reducer.
const count = useEvents(
  stream,
  "placed",
  (sum: number, order) => {
    holds<Exactly<typeof order, Received>>();
    return sum + order.id;
  },
  0,
);
holds<Exactly<typeof count, number>>();
const list = useEvents(stream, "placed", (all, order) => [...all, order], [] as Received[]);
holds<Exactly<typeof list, Received[]>>();
const ids = useEvents(
  stream,
  ["placed", "cancelled"],
  (all: readonly number[], { id }, event) => {
    holds<Exactly<typeof event.type, "placed" | "cancelled">>();
    return event.type === "placed" ? [...all, id] : all.filter((each) => each !== id);
  },
  [],
);
holds<Exactly<typeof ids, readonly number[]>>();
const last = useEvents(stream, "cancelled", (_: number | undefined, { id }) => id);
holds<Exactly<typeof last, number | undefined>>();
useEvents(stream, "gap", (gaps: number, { reason }) => gaps + reason.length, 0);
// @ts-expect-error the channel has no such event
useEvents(stream, "placd", (total: number) => total, 0);
// @ts-expect-error the data has no such field
useEvents(stream, "cancelled", (_: unknown, { at }) => at);
// @ts-expect-error the option does not exist
useEventStream("/api/orders", { heartbeat: 5 });

// The same without React. A hook takes a shared stream too.
const shared = shareEventStream<EventsOf<typeof orders>>("/api/orders");
const placed = shared.project("placed", (all, order) => [...all, order], [] as Received[]);
holds<Exactly<ReturnType<typeof placed.getSnapshot>, Received[]>>();
holds<Exactly<ReturnType<typeof placed.subscribe>, () => void>>();
const total = useEvents(shared, "placed", (sum: number, { id }) => sum + id, 0);
holds<Exactly<typeof total, number>>();
const any = useEvents(useEventStream("/any"), "any", (all, data) => [...all, data], [] as unknown[]);
holds<Exactly<typeof any, unknown[]>>();
