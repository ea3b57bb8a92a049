import { expect, test } from "vitest";
import { SharedMemory } from "../logs/support/shared-memory.ts";
import { openWorld, read } from "./channel-world.ts";

/** Two processes on one log, of which the second gathers what it is told for some time before it writes. */
async function twoProcesses() {
  const store = new SharedMemory();
  const log = store.open();
  const [here, there] = await Promise.all([openWorld({}, {}, store.open()), openWorld({ flushInterval: 50 }, {}, log)]);
  return {
    here: here.channel,
    there,
    /** A position that the second process has not heard of yet. */
    async newPosition(): Promise<string> {
      await there.channel.position();
      log.isCut = true;
      const position = await here.channel.publish("n", 1);
      log.isCut = false;
      return position;
    },
    close: () => Promise.all([here.channel.close(), there.channel.close()]),
  };
}

test("an iteration from a position that is known and not yet written here waits without keeping the event loop", async () => {
  const { here, there, newPosition, close } = await twoProcesses();
  const position = await newPosition();
  const events = there.channel.subscribe().after(position);
  const next = events.next();
  await here.publish("n", 2);
  expect((await next).value).toMatchObject({ data: 2 });
  await events.return();
  await close();
});

test("a stream from such a position gets what follows it, once", async () => {
  const { here, there, newPosition, close } = await twoProcesses();
  const position = await newPosition();
  const subscriber = there.connect(there.channel.subscribe(), position);
  await here.publish("n", 2);
  await expect.poll(() => read(subscriber)).toEqual([2]);
  await here.publish("n", 3);
  await expect.poll(() => read(subscriber)).toEqual([2, 3]);
  subscriber.disconnect();
  await close();
});
