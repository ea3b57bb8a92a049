import { describe, expect, it, vi } from "vitest";
import { turns } from "../../support/turns.ts";
import { openWorld, read } from "../support/channel-world.ts";

describe("the history of a channel", () => {
  it("returns the newest events or the events after an ID, and a position to continue from", async () => {
    const { channel, connect } = await openWorld();
    const ids: string[] = [];
    for (let n = 1; n <= 5; n++) ids.push(await channel.publish("placed", { n }, n === 2 ? { topics: ["a"] } : {}));
    const newest = await channel.history({ limit: 2 });
    expect(newest).toMatchObject({ gap: undefined, position: ids[4] });
    expect(newest.events.map(({ id, data }) => [id, data])).toEqual([
      [ids[3], { n: 4 }],
      [ids[4], { n: 5 }],
    ]);
    const some = await channel.history({ after: ids[0]!, limit: 2, topics: ["a"] });
    expect(some.events).toMatchObject([
      { type: "placed", topics: ["a"], time: expect.any(Number) },
      { data: { n: 3 } },
    ]);
    const rest = connect(channel.subscribe(), some.position);
    await turns();
    expect(read(rest)).toEqual([{ n: 4 }, { n: 5 }]);
  });

  it("reports a gap and returns the events that are left", async () => {
    const { channel } = await openWorld({ retain: { events: 2 } });
    const first = await channel.publish("placed", 1);
    for (let n = 2; n <= 5; n++) await channel.publish("placed", n);
    const history = await channel.history({ after: first });
    expect(history.gap).toMatchObject({ reason: "trimmed", lastEventId: first });
    expect(history.events.map(({ data }) => data)).toEqual([4, 5]);
  });

  it("returns events with topics only to callers that name one of the topics", async () => {
    const { channel } = await openWorld();
    await channel.publish("placed", "all");
    await channel.publish("placed", "one", { topics: ["user:1"] });
    await channel.publish("noted", "two", { topics: ["user:2"] });
    const data = async (options: object) => (await channel.history(options)).events.map((event) => event.data);
    expect(await data({})).toEqual(["all"]);
    expect(await data({ topics: ["user:1"] })).toEqual(["all", "one"]);
    expect(await data({ topics: "*", types: ["noted"] })).toEqual(["two"]);
    expect(await data({ topics: "*", limit: 2 })).toEqual(["one", "two"]);
    expect(await data({ topics: "*", filter: (event: { data: unknown }) => event.data !== "one" })).toEqual([
      "all",
      "two",
    ]);
  });

  it("returns copies: a change by one caller does not reach another", async () => {
    const { channel } = await openWorld();
    await channel.publish("placed", { n: 1 });
    const { events } = await channel.history();
    (events[0]!.data as { n: number }).n = 9;
    expect((await channel.history()).events).toMatchObject([{ data: { n: 1 } }]);
  });

  it.each([[{ topics: "user:1" }], [{ limit: 0 }], [{ limit: 1e6 }], [{ after: 3 }], [{ before: "x" }]])(
    "refuses invalid options: %j",
    async (options) => {
      const { channel } = await openWorld();
      await expect(channel.history(options as never)).rejects.toMatchObject({ code: "INVALID_OPTION" });
    },
  );

  it("is of one life of the log, also if entries are trimmed and the channel is deleted while it reads", async () => {
    const { channel, log } = await openWorld();
    await channel.publish("n", 1);
    const opened = log();
    const { read } = opened;
    opened.read = () => Promise.resolve("gone");
    let published: Promise<string> | undefined;
    let syncs = 0;
    opened.sync = () => {
      // The first one begins the reading, the second one follows the answer that the entries are gone.
      if (++syncs === 2) {
        opened.read = read;
        void opened.delete();
        published = channel.publish("n", 2);
      }
      return undefined;
    };
    const { events, position } = await channel.history();
    expect(events.map(({ data }) => data)).toEqual([2]);
    expect(position).toBe(await published);
  });

  it("reads and parses little more than it returns", async () => {
    const { channel, log } = await openWorld();
    for (let n = 0; n < 10_000; n++)
      void channel.publish("placed", { n }, { topics: [n % 10 === 0 ? "rare" : "common"] });
    await turns();
    let entries = 0;
    const opened = log();
    const { read: readLog } = opened;
    opened.read = async function (after, events, bytes) {
      const found = await readLog.call(this, after, events, bytes);
      entries += found.length;
      return found;
    };
    const parse = vi.spyOn(JSON, "parse");
    try {
      const { events, position } = await channel.history({ limit: 1, topics: ["rare"] });
      expect(events).toMatchObject([{ data: { n: 9_990 } }]);
      expect(position).toBe(await channel.position());
      expect(entries).toBeLessThanOrEqual(32);
      expect(parse).toHaveBeenCalledTimes(1);
    } finally {
      parse.mockRestore();
    }
  });

  it("leaves turns of the event loop to others while many histories are read", async () => {
    const { channel } = await openWorld();
    for (let n = 0; n < 10_000; n++) void channel.publish("placed", { n });
    await turns();
    let isDone = false;
    const filter = ({ data }: { data: unknown }) => (data as { n: number }).n === 0;
    const all = Promise.all(Array.from({ length: 100 }, () => channel.history({ limit: 1, filter }))).then((found) => {
      isDone = true;
      return found;
    });
    let turnsMeanwhile = 0;
    for (; !isDone; turnsMeanwhile++) await turns(1);
    for (const { events } of await all) expect(events).toMatchObject([{ data: { n: 0 } }]);
    // Each history reads more than ten blocks, and each block has a turn of its own.
    expect(turnsMeanwhile).toBeGreaterThan(1_000);
  });

  it("is the newest selected events, for each selection and number of kept events", async () => {
    const { channel } = await openWorld({ retain: { events: 700 } });
    const published: { n: number; topics: string[] | undefined; type: string }[] = [];
    for (let n = 0; n < 1_500; n++) {
      const topics = n % 7 === 0 ? ["a"] : n % 11 === 0 ? ["b"] : undefined;
      const type = n % 3 === 0 ? "x" : "y";
      published.push({ n, topics, type });
      await channel.publish(type, n, topics === undefined ? {} : { topics });
    }
    const kept = published.slice(-700);
    for (const limit of [1, 31, 33, 100, 699, 700, 5_000]) {
      for (const [options, wants] of [
        [{}, ({ topics }: (typeof kept)[0]) => topics === undefined],
        [{ topics: ["a"] }, ({ topics }: (typeof kept)[0]) => topics === undefined || topics.includes("a")],
        [{ topics: "*" as const, types: ["x"] }, ({ type }: (typeof kept)[0]) => type === "x"],
      ] as const) {
        const { events, gap } = await channel.history({ ...options, limit } as never);
        expect(events.map(({ data }) => data)).toEqual(
          kept
            .filter(wants)
            .slice(-limit)
            .map(({ n }) => n),
        );
        expect(gap).toBeUndefined();
      }
    }
  });
});
