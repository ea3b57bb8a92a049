import { parse, stringify } from "devalue";
import { type Channel, type ChannelDefinition, createSluice, defineChannel, type EventsOf } from "sluice";
import * as superjson from "superjson";
import { type Exactly, holds } from "./exactly.ts";

interface Order {
  readonly total: number;
  readonly placedAt: Date;
}
type OrderEvents = { placed: Order; closed: null };
type Received = { placed: { readonly total: number; readonly placedAt: string }; closed: null };

const sluice = createSluice();

// A definition keeps the types of a channel in other modules.
export const orders: ChannelDefinition<OrderEvents> = defineChannel<OrderEvents>("orders", {
  retain: { events: 10 },
  latestBy: (event) => {
    if (event.type === "placed") holds<Exactly<typeof event.data.placedAt, string>>();
    return event.type;
  },
});
const channel = sluice.channel(orders);
holds<Exactly<typeof channel, Channel<OrderEvents>>>();
await channel.publish("placed", { total: 1, placedAt: new Date() });
// @ts-expect-error the data is published with a Date
await channel.publish("placed", { total: 1, placedAt: "2026-01-01" });
// @ts-expect-error the type does not exist
await channel.publish("plced", { total: 1, placedAt: new Date() });
holds<Exactly<EventsOf<typeof orders>["placed"], Received["placed"]>>();
holds<Exactly<EventsOf<typeof channel>["placed"], Received["placed"]>>();

// The data is received as JSON keeps it.
const { events } = await channel.history();
for (const event of events) if (event.type === "placed") holds<Exactly<typeof event.data.placedAt, string>>();
for await (const event of channel.subscribe({ filter: ({ type, data }) => type === "placed" && data.total > 1 }))
  if (event.type === "placed") holds<Exactly<typeof event.data, Received["placed"]>>();

// With a serializer, the data is received with the types that were published.
const kept = sluice.channel<OrderEvents>("kept", { serialize: stringify, parse });
holds<Exactly<typeof kept, Channel<OrderEvents, OrderEvents>>>();
for (const event of (await kept.history()).events)
  if (event.type === "placed") holds<Exactly<typeof event.data.placedAt, Date>>();
const { stringify: serialize, parse: deserialize } = superjson;
const defined = defineChannel<OrderEvents>("defined", {
  serialize,
  parse: deserialize,
  latestBy: (event) => (event.type === "placed" ? event.data.placedAt.toISOString() : undefined),
});
for await (const event of sluice.channel(defined).subscribe({ types: ["placed"] }))
  if (event.type === "placed") holds<Exactly<typeof event.data, Order>>();
holds<Exactly<EventsOf<typeof defined>, OrderEvents>>();
// @ts-expect-error the serializer must return a string
sluice.channel<OrderEvents>("wrong", { serialize: (data: unknown) => data, parse });
// @ts-expect-error a definition has its options
sluice.channel(orders, { retain: { events: 1 } });
