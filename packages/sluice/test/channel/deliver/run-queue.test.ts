import { expect, it } from "vitest";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";
import { openWorld, read } from "../support/channel-world.ts";

const EVENTS = 20_000;
/** More than all events together, so that neither subscriber ever waits for its socket. */
const HIGH_WATER_MARK_BYTES = 2 ** 26;

it("lets a subscriber with little to read finish before one with much, also if the log answers at once", async () => {
  const options = { retain: { events: EVENTS }, window: { events: 100 } };
  const { channel, connect } = await openWorld(options, { highWaterMark: HIGH_WATER_MARK_BYTES });
  let position = "";
  for (let n = 1; n <= EVENTS; n++) {
    const id = await channel.publish("n", n);
    if (n === EVENTS - 1_000) position = id;
  }

  const first = connect(channel.subscribe({ from: "start" }));
  const second = connect(channel.subscribe(), position);
  await until("one subscriber is live", () => channel.stats().live === 1);
  expect(channel.stats()).toMatchObject({ live: 1, lagging: 1 });
  expect(read(second)).toHaveLength(1_000);
  expect(read(first).length).toBeLessThan(EVENTS);

  await until("both subscribers are live", () => channel.stats().live === 2);
  expect(read(first)).toHaveLength(EVENTS);
  for (const subscriber of [first, second]) subscriber.disconnect();
  await channel.shutDown();
});

it("leaves the event loop free for other work while a subscriber reads", async () => {
  const options = { retain: { events: EVENTS }, window: { events: 100 } };
  const { channel, connect } = await openWorld(options, { highWaterMark: HIGH_WATER_MARK_BYTES });
  for (let n = 1; n <= EVENTS; n++) await channel.publish("n", n);

  const subscriber = connect(channel.subscribe({ from: "start" }));
  let turnsMeanwhile = 0;
  while (channel.stats().live === 0) {
    await turns(1);
    turnsMeanwhile++;
  }
  expect(read(subscriber)).toHaveLength(EVENTS);
  expect(turnsMeanwhile).toBeGreaterThan(5);
  await channel.shutDown();
});
