import { type Combination, createSluice, defineChannel, type EventsOf, type Subscription } from "sluice";
import { openEventStream, type StreamGap } from "sluice/client";
import { type Exactly, holds } from "./exactly.ts";

interface Order {
  readonly id: number;
  readonly at: Date;
}
interface Received {
  readonly id: number;
  readonly at: string;
}
type Prefixed = {
  "orders.placed": Received;
  "orders.line.added": { n: number };
  "notices.note": { text: string };
};
const sluice = createSluice();
const orders = sluice.channel<{ placed: Order; "line.added": { n: number } }>("orders");
const notices = defineChannel<{ note: { text: string } }>("notices");
const parts = { orders: orders.subscribe(), notices: sluice.channel(notices).subscribe() };
const combination = sluice.combine(parts);

// From the combination, from its subscriptions, and from its channels or their definitions.
holds<Exactly<EventsOf<typeof combination>, Prefixed>>();
holds<Exactly<EventsOf<typeof parts>, Prefixed>>();
holds<Exactly<EventsOf<{ orders: typeof orders; notices: typeof notices }>, Prefixed>>();
holds<Exactly<EventsOf<typeof parts.orders>, EventsOf<typeof orders>>>();
const cancelled = sluice.combine({ only: orders.subscribe({ types: ["placed"] }) });
holds<Exactly<EventsOf<typeof cancelled>, { "only.placed": Received }>>();

// With other names of the types.
const plain = sluice.combine(parts, { types: "plain" });
holds<Exactly<EventsOf<typeof plain>["line.added"], { n: number }>>();
holds<Exactly<keyof EventsOf<typeof plain>, "placed" | "line.added" | "note">>();
const slashes = sluice.combine(parts, { types: (name, type) => `${name}/${type}` });
holds<Exactly<EventsOf<typeof slashes>, Record<string, unknown>>>();

// A client of the combined stream.
const stream = openEventStream<EventsOf<typeof combination>>("/all");
stream.on("orders.placed", (order, event) => {
  holds<Exactly<typeof order, Received>>();
  holds<Exactly<typeof event.type, "orders.placed">>();
});
stream.on("gap", (gap) => holds<Exactly<typeof gap, StreamGap>>());
// @ts-expect-error the part has no such event
stream.on("notices.placed", () => undefined);
// @ts-expect-error without the name of its part, no event has this type
stream.on("placed", () => undefined);
for await (const event of stream) {
  if (event.type === "notices.note") holds<Exactly<typeof event.data, { text: string }>>();
  if (event.type === "orders.line.added") holds<Exactly<typeof event.data, { n: number }>>();
}

// Any combination takes a particular one, and an event map of any types stays one.
const some: Combination = combination;
holds<Exactly<EventsOf<typeof some>, Record<string, unknown>>>();
type Many = EventsOf<Record<string, Subscription>>;
openEventStream<Many>("/any").on("a.placed", (data) => holds<Exactly<typeof data, unknown>>());
// @ts-expect-error a type of a combination has the name of its part
openEventStream<Many>("/any").on("placed", () => undefined);
// @ts-expect-error a number has no events
type _None = EventsOf<number>;
