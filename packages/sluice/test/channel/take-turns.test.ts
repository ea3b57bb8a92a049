import { expect, test } from "vitest";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";
import { openWorld } from "./channel-world.ts";

const EVENTS = 20_000;
/** More than they take together: the reader is never slow. */
const HIGH_WATER_MARK_BYTES = 2 ** 26;

test("one who has much to read lets others have their turn, also when the log answers at once", async () => {
  const options = { retain: { events: EVENTS }, window: { events: 100 } };
  const world = await openWorld(options, { highWaterMark: HIGH_WATER_MARK_BYTES });
  for (let n = 1; n <= EVENTS; n++) await world.channel.publish("n", n);

  const subscriber = world.connect(world.channel.subscribe({ from: "start" }));
  await turns(3);
  expect(world.channel.stats().lagging).toBe(1);

  await until("it has everything", () => world.channel.stats().live === 1);
  subscriber.take();
  expect(subscriber.seen).toHaveLength(EVENTS);
  subscriber.disconnect();
  await world.channel.close();
});
