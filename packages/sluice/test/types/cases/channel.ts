import {
  type Channel,
  type ChannelEvent,
  createSluice,
  type Gap,
  type PublishedEvent,
  type ReceivedEvent,
  type Subscription,
} from "sluice";
import { type Exactly, holds } from "./exactly.ts";

interface Order {
  readonly id: number;
  readonly total: number;
}
type OrderEvents = { placed: Order; cancelled: { orderId: number }; closed: null };

const sluice = createSluice();
const orders = sluice.channel<OrderEvents>("orders", {
  latestBy: (event) => {
    if (event.type === "placed") holds<Exactly<typeof event.data, Order>>();
    // @ts-expect-error the type does not exist
    if (event.type === "plced") return "x";
    return event.type;
  },
});
holds<Exactly<typeof orders, Channel<OrderEvents>>>();

// publish() accepts the declared types, each with its data.
holds<Exactly<ReturnType<typeof orders.publish>, Promise<string>>>();
await orders.publish("placed", { id: 1, total: 2 });
await orders.publish("closed", null, { topics: ["user:1"], id: "own", retry: 1_000 });
// @ts-expect-error the type does not exist
await orders.publish("plced", { id: 1, total: 2 });
// @ts-expect-error the data belongs to another type
await orders.publish("placed", { orderId: 1 });
// @ts-expect-error a field is missing
await orders.publish("placed", { id: 1 });
// @ts-expect-error a field has the wrong type
await orders.publish("cancelled", { orderId: "1" });
// @ts-expect-error an extra field
await orders.publish("cancelled", { orderId: 1, reason: "none" });
// @ts-expect-error the option does not exist
await orders.publish("closed", null, { topic: "user:1" });
// @ts-expect-error the data is required
await orders.publish("closed");

// publishAll() accepts the declared types, each with its data.
holds<Exactly<ReturnType<typeof orders.publishAll>, Promise<string[]>>>();
await orders.publishAll([
  { type: "placed", data: { id: 1, total: 2 }, topics: ["user:1"], id: "own", retry: 1_000 },
  { type: "closed", data: null },
]);
const made: PublishedEvent<OrderEvents>[] = [1, 2].map((id) => ({ type: "placed", data: { id, total: 2 } }));
await orders.publishAll(made);
await orders.publishAll([] as const);
// @ts-expect-error the type does not exist
await orders.publishAll([{ type: "plced", data: null }]);
// @ts-expect-error the data belongs to another type
await orders.publishAll([{ type: "placed", data: { orderId: 1 } }]);
// @ts-expect-error the data is required
await orders.publishAll([{ type: "closed" }]);
// @ts-expect-error the option does not exist
await orders.publishAll([{ type: "closed", data: null, topic: "user:1" }]);
for (const event of made) if (event.type === "cancelled") holds<Exactly<typeof event.data, { orderId: number }>>();

// subscribe() narrows the events that filters and iterations receive.
const all = orders.subscribe();
holds<Exactly<typeof all, Subscription<OrderEvents>>>();
const placed = orders.subscribe({
  types: ["placed"],
  topics: ["user:1"],
  filter: (event) => {
    holds<Exactly<typeof event.type, "placed">>();
    return event.data.total > 10 && event.topics !== undefined;
  },
});
holds<Exactly<typeof placed, Subscription<{ placed: Order }>>>();
for await (const event of placed) {
  holds<Exactly<typeof event, ReceivedEvent<{ placed: Order }>>>();
  // @ts-expect-error a gap event has other data
  event.data.total.toFixed();
  if (event.type === "placed") holds<Exactly<typeof event.data, Order>>();
  else holds<Exactly<typeof event.data, Gap>>();
}
for await (const { type, data, id } of placed.after("epoch-1")) {
  if (type === "placed") data.total.toFixed();
  holds<Exactly<typeof id, string | undefined>>();
}

// An iteration yields a union that narrows on `type`, as history() does.
for await (const event of all) {
  switch (event.type) {
    case "placed":
      event.data.total.toFixed();
      break;
    case "cancelled":
      event.data.orderId.toFixed();
      break;
    case "closed":
      holds<Exactly<typeof event.data, null>>();
      break;
    default:
      holds<Exactly<typeof event.type, "gap">>();
      event.data.reason.toUpperCase();
  }
  // @ts-expect-error the type does not exist
  if (event.type === "plced") break;
}
orders.subscribe({
  filter: (event) => (event.type === "cancelled" ? event.data.orderId === 1 : event.type === "closed"),
});
// @ts-expect-error the type does not exist
orders.subscribe({ types: ["plced"] });
// @ts-expect-error the filter receives only events of the selected types
orders.subscribe({ types: ["closed"], filter: (event) => event.data.orderId === 1 });
// @ts-expect-error the data is unknown until the filter has checked the type
orders.subscribe({ filter: (event) => event.data.total > 1 });
// @ts-expect-error topics are an array or "*"
orders.subscribe({ topics: "user:1" });
orders.subscribe({ topics: "*", from: "start" });
orders.subscribe({ initial: async ({ signal }) => [signal.aborted] });

// history() returns the same types.
const { events } = await orders.history({ limit: 10 });
for (const event of events) if (event.type === "placed") holds<Exactly<typeof event.data, Order>>();
holds<Exactly<(typeof events)[number], ChannelEvent<OrderEvents>>>();

// A map of events may also be an interface.
interface NoticeEvents {
  notice: string;
}
const notices = sluice.channel<NoticeEvents>("notices");
await notices.publish("notice", "hello");
// @ts-expect-error the data is a string
await notices.publish("notice", 1);

// Without a map, every type accepts any data.
const loose = sluice.channel("loose");
holds<Exactly<typeof loose, Channel>>();
await loose.publish("anything", { at: "all" });
for await (const { type, data } of loose.subscribe()) {
  holds<Exactly<typeof type, string>>();
  holds<Exactly<typeof data, unknown>>();
}
