import { describe, expect, test } from "vitest";
import type { Log } from "../../src/logs/log.ts";
import { memoryLog } from "../../src/logs/memory.ts";
import { until } from "../helpers/until.ts";
import { channelWorld, read, turns } from "./channel-world.ts";

/** A log that cannot be opened for as long as `broken` is true. */
function closedDoor() {
  const memory = memoryLog();
  const door = {
    broken: true,
    attempts: 0,
    log: {
      shared: true,
      async open(name, options) {
        door.attempts++;
        await turns(1);
        if (door.broken) throw new Error("connection refused");
        return memory.open(name, options);
      },
      close: () => memory.close(),
    } satisfies Log,
  };
  return door;
}

const refusal = {
  name: "SluiceError",
  code: "LOG_FAILED",
  message: 'The log of channel "orders" could not be opened: connection refused',
  cause: { message: "connection refused" },
};

describe("a channel whose log cannot be opened", () => {
  test("says so once by itself, and to everybody who uses it", async () => {
    const { log } = closedDoor();
    const { channel, errors } = channelWorld({}, {}, log);
    await until("it has failed", () => errors.length > 0);
    expect(errors).toMatchObject([{ error: refusal, context: { stage: "log", channel: "orders" } }]);
    await expect(channel.publish("n", 1)).rejects.toMatchObject(refusal);
    await expect(channel.history()).rejects.toMatchObject(refusal);
    await expect(channel.position()).rejects.toMatchObject(refusal);
    await expect(channel.subscribe()[Symbol.asyncIterator]().next()).rejects.toMatchObject(refusal);
    expect(channel.stats()).toMatchObject({ subscribers: 0, retained: 0 });
  });

  test("is tried again by whoever uses it next, once for all who do at the same moment", async () => {
    const door = closedDoor();
    const { channel, connect, errors } = channelWorld({}, {}, door.log);
    await until("it has failed", () => errors.length > 0);
    door.broken = false;
    const subscriber = connect(channel.subscribe({ from: "start" }));
    await Promise.all([channel.publish("n", 1), channel.publish("n", 2), channel.position()]);
    await turns();
    expect(read(subscriber)).toEqual([1, 2]);
    expect(door.attempts).toBe(2);
  });

  test("has a stream on it answered with an HTTP error that tells nothing of it, and reported", async () => {
    const { log } = closedDoor();
    const { channel, connect, errors, hub } = channelWorld({}, {}, log);
    await until("it has failed", () => errors.length > 0);
    const subscriber = connect(channel.subscribe());
    expect(await subscriber.closed).toBe("refused");
    expect(subscriber).toMatchObject({ status: 503, written: 0 });
    expect(errors.at(-1)).toMatchObject({ error: refusal, context: { stage: "source" } });
    expect(hub.opening.size).toBe(0);
  });

  test("and is closed meanwhile, says that it is closed", async () => {
    const { log } = closedDoor();
    const { channel } = channelWorld({}, {}, log);
    await channel.close();
    await expect(channel.position()).rejects.toMatchObject({ code: "CLOSED" });
  });
});
