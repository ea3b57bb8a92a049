import type { StandardSchemaV1 } from "@standard-schema/spec";
import { type Channel, createSluice, type StandardSchema } from "sluice";
import { z } from "zod";
import { type Exactly, holds } from "./exactly.ts";

const sluice = createSluice();
const Order = z.object({ id: z.number().int(), total: z.number() });
type OrderEvents = { placed: z.output<typeof Order>; cancelled: { orderId: number } };

// A schema of zod must match the data of its type. A type may have no schema.
const orders = sluice.channel<OrderEvents>("orders", { schemas: { placed: Order } });
await orders.publish("placed", { id: 1, total: 2 });
await orders.publish("cancelled", { orderId: 1 });
sluice.channel<OrderEvents>("strict", {
  schemas: { placed: Order.refine(async ({ total }) => total > 0), cancelled: z.object({ orderId: z.number() }) },
});
// @ts-expect-error the schema's output is not the data of its type
sluice.channel<OrderEvents>("wrong", { schemas: { cancelled: Order } });
// @ts-expect-error the type does not exist
sluice.channel<OrderEvents>("unknown", { schemas: { plced: Order } });
// @ts-expect-error a function is not a schema
sluice.channel<OrderEvents>("none", { schemas: { placed: (data: unknown) => data } });

// Without a map, the schemas define the types.
const inferred = sluice.channel("inferred", { schemas: { placed: Order, closed: z.null() } });
holds<Exactly<typeof inferred, Channel<{ placed: { id: number; total: number }; closed: null }>>>();
// @ts-expect-error the data does not match the schema
await inferred.publish("placed", { id: "1", total: 2 });

// Every schema that follows the Standard Schema specification is accepted.
declare const standard: StandardSchemaV1<unknown, Date>;
const ours: StandardSchema<Date> = standard;
void ours;
