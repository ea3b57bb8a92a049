import { type Combination, type CombinedEvent, type CombinedGap, createSluice, type Subscription } from "sluice";
import { type Exactly, holds } from "./exactly.ts";

interface Order {
  readonly id: number;
}
const sluice = createSluice();
const orders = sluice.channel<{ placed: Order; cancelled: { reason: string } }>("orders");
const notices = sluice.channel<{ note: { text: string } }>("notices");
const parts = { orders: orders.subscribe(), notices: notices.subscribe() };
const combination = sluice.combine(parts, { types: "plain" });
holds<Exactly<typeof combination, Combination<CombinedEvent<typeof parts>, "plain">>>();

// An iteration narrows on `channel`, on `type`, and on both.
for await (const event of combination) {
  holds<Exactly<typeof event.channel, "orders" | "notices">>();
  holds<Exactly<typeof event.type, "placed" | "cancelled" | "note" | "gap">>();
  holds<Exactly<typeof event.id, string | undefined>>();
  if (event.channel === "orders" && event.type === "placed") holds<Exactly<typeof event.data, Order>>();
  if (event.type === "note") {
    holds<Exactly<typeof event.channel, "notices">>();
    holds<Exactly<typeof event.data, { text: string }>>();
  }
  if (event.channel === "notices" && event.type === "gap") holds<Exactly<typeof event.data, CombinedGap<"notices">>>();
  // @ts-expect-error the part does not exist
  if (event.channel === "news") break;
  // @ts-expect-error the part has no such type
  if (event.channel === "notices" && event.type === "placed") break;
}

// A subscription that selects types narrows its part.
for await (const event of sluice.combine({ only: orders.subscribe({ types: ["cancelled"] }) }).after("id")) {
  holds<Exactly<typeof event.type, "cancelled" | "gap">>();
}

// A part may be left out, for example for users that may not see it.
const withNews = { orders: parts.orders, ...(Math.random() < 0.5 && { news: parts.notices }) };
for await (const event of sluice.combine(withNews)) {
  holds<Exactly<typeof event.channel, "orders" | "news">>();
  if (event.channel === "news" && event.type === "note") holds<Exactly<typeof event.data, { text: string }>>();
}

// A set of parts may be made at run time.
const many: Record<string, Subscription> = {};
for (const name of ["a", "b"]) many[name] = sluice.channel(name).subscribe();
const some: Combination = sluice.combine(many);
holds<Exactly<ReturnType<typeof some.position>, Promise<string>>>();

sluice.combine(parts, { types: (name, type) => `${name}/${type}` });
// @ts-expect-error a channel is not a subscription
sluice.combine({ orders });
// @ts-expect-error a combination is not a subscription
sluice.combine({ combination });
// @ts-expect-error the mapping does not exist
sluice.combine(parts, { types: "none" });
// @ts-expect-error the mapping returns no type
sluice.combine(parts, { types: () => 1 });
