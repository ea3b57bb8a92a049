import { describe, expect, it } from "vitest";
import { memoryLog } from "../../../src/logs/memory/memory-log.ts";
import { openWorld } from "../support/channel-world.ts";

const event = (data: unknown, more: object = {}) => ({ type: "n", data, ...more });

describe("own IDs of events that are published together", () => {
  const dataOf = async ({ channel }: Awaited<ReturnType<typeof openWorld>>) =>
    (await channel.history({ topics: "*" })).events.map(({ data }) => data);

  it("make a repetition of the whole call harmless", async () => {
    const world = await openWorld();
    const events = [event(1, { id: "a" }), event(2, { id: "b", topics: ["x", "y"] })];
    const again = [event(1, { id: "a" }), event(2, { id: "b", topics: ["y", "x"] })];
    expect(await world.channel.publishAll(events)).toEqual(["a", "b"]);
    expect(await world.channel.publishAll(again)).toEqual(["a", "b"]);
    expect(await dataOf(world)).toEqual([1, 2]);
    expect(world.channel.stats()).toMatchObject({ published: 2 });
  });

  it("leave out the events that the channel keeps already, and publish the others together", async () => {
    const world = await openWorld();
    const { channel } = world;
    await channel.publish("n", 2, { id: "b" });
    await channel.publish("n", 4, { id: "d" });
    const events = [event(1), event(2, { id: "b" }), event(3, { id: "c" }), event(4, { id: "d" }), event(5)];
    const ids = await channel.publishAll(events);
    expect(ids.slice(1, 4)).toEqual(["b", "c", "d"]);
    expect(await dataOf(world)).toEqual([2, 4, 1, 3, 5]);
    expect([ids[0], ids[4]].map((id) => id!.split("-")[1])).toEqual(["3", "5"]);
  });

  it("publish nothing if the channel keeps a different event with one of them", async () => {
    const world = await openWorld();
    await world.channel.publish("n", 2, { id: "b" });
    const refusal = { code: "ID_CONFLICT", message: expect.stringMatching(/^events\[2\]: .*"b"/) };
    for (const second of [event(1), event(1, { id: "a" })])
      await expect(world.channel.publishAll([event(0), second, event(9, { id: "b" })])).rejects.toMatchObject(refusal);
    await expect(
      world.channel.publishAll([event(2, { id: "b" }), event(0), event(9, { id: "b" })]),
    ).rejects.toMatchObject({
      code: "ID_CONFLICT",
      message: expect.stringMatching(/^events\[2\]: events\[0\] is a different event/),
    });
    expect(await dataOf(world)).toEqual([2]);
  });

  it("stand for one event if two events with one ID are equal", async () => {
    const world = await openWorld();
    const ids = await world.channel.publishAll([event(1, { id: "a" }), event(2), event(1, { id: "a" })]);
    expect(ids[0]).toBe("a");
    expect(ids[2]).toBe("a");
    expect(await dataOf(world)).toEqual([1, 2]);
  });

  it("are refused if they look like an ID of the log", async () => {
    const world = await openWorld();
    const id = await world.channel.position();
    const refusal = { code: "INVALID_FIELD", message: expect.stringMatching(/^events\[1\]: /) };
    await expect(world.channel.publishAll([event(1), event(2, { id })])).rejects.toMatchObject(refusal);
    expect(await dataOf(world)).toEqual([]);
  });

  it("are compared again if another process publishes one of them between two attempts", async () => {
    const memory = memoryLog();
    const calls: number[] = [];
    const log = {
      ...memory,
      open: async (...args: Parameters<typeof memory.open>) => {
        const opened = await memory.open(...args);
        const append: typeof opened.append = async (entries) => {
          calls.push(entries.length);
          // Another process takes the ID "c" after the first attempt found "b".
          if (calls.length === 3)
            await Reflect.apply(target, opened, [[{ type: "n", data: "3", json: true, id: "c" }]]);
          return Reflect.apply(target, opened, [entries]);
        };
        const target = opened.append;
        opened.append = append;
        return opened;
      },
    };
    const world = await openWorld({}, {}, log);
    await world.channel.publish("n", 2, { id: "b" });
    await world.channel.publishAll([event(1), event(2, { id: "b" }), event(3, { id: "c" })]);
    expect(await dataOf(world)).toEqual([2, 3, 1]);
    expect(calls).toEqual([1, 3, 2, 1]);
  });

  it("rejects with LOG_FAILED if the log fails", async () => {
    const world = await openWorld();
    world.log().append = () => Promise.reject(new Error("disk full"));
    const refusal = { code: "LOG_FAILED", message: expect.stringContaining("disk full") };
    await expect(world.channel.publishAll([event(1)])).rejects.toMatchObject(refusal);
  });
});
