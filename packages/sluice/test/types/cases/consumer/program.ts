/**
 * A program that uses Sluice. It is compiled as an ES module and as a CommonJS module, without `skipLibCheck`, and with
 * the names of ES2022 only.
 */
import { type Channel, createSluice, defineChannel, type EventsOf } from "sluice";
import { EventSource } from "sluice/client";
import { createParser } from "sluice/protocol";
import { collect, readEventStream } from "sluice/testing";

interface Order {
  readonly total: number;
  readonly placedAt: Date;
}
export const definition = defineChannel<{ placed: Order }>("orders");
export type Placed = EventsOf<typeof definition>["placed"];

export async function run(): Promise<void> {
  await using sluice = createSluice();
  const orders: Channel<{ placed: Order }> = sluice.channel(definition);
  const [event] = await collect(orders.subscribe(), 1);
  if (event?.type === "placed") event.data.placedAt.toUpperCase();
  await using stream = await readEventStream("http://desk.example");
  createParser({ onEvent: ({ data }) => void data }).push((await stream.next()).data);
  const source = new EventSource("http://desk.example", { headers: async () => ({ authorization: "Bearer x" }) });
  source.addEventListener("placed", (received) => void received.data.toUpperCase(), { once: true });
  source.onerror = ({ message = "", code = 0 }) => void [message.toUpperCase(), code.toFixed()];
  source.close();
  // @ts-expect-error the type does not exist
  await orders.publish("plced", { total: 1, placedAt: new Date() });
}
