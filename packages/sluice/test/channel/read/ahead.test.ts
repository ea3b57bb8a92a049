import { expect, it } from "vitest";
import { SharedMemory } from "../../logs/support/shared-memory.ts";
import { openWorld, read } from "../support/channel-world.ts";

/** Makes two processes on one log. The second gathers received events for 50 ms before it writes them. */
async function twoProcesses() {
  const store = new SharedMemory();
  const log = store.open();
  const [here, there] = await Promise.all([openWorld({}, {}, store.open()), openWorld({ flushInterval: 50 }, {}, log)]);
  return {
    here: here.channel,
    there,
    /** Publishes in the first process, and returns the position before the second process receives it. */
    async newPosition(): Promise<string> {
      await there.channel.position();
      log.isCut = true;
      const position = await here.channel.publish("n", 1);
      log.isCut = false;
      return position;
    },
    close: () => Promise.all([here.channel.shutDown(), there.channel.close()]),
  };
}

it("an iteration from a position received but not yet flushed waits without blocking the event loop", async () => {
  const { here, there, newPosition, close } = await twoProcesses();
  const position = await newPosition();
  const events = there.channel.subscribe().after(position);
  const next = events.next();
  await here.publish("n", 2);
  expect((await next).value).toMatchObject({ data: 2 });
  await events.return();
  await close();
});

it("a stream from a position that is received but not yet flushed gets the events after it, once", async () => {
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
