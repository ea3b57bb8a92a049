import { describe, expect, it } from "vitest";
import { turns } from "../../support/turns.ts";
import { openWorld, read } from "../support/channel-world.ts";

describe("topics", () => {
  it("give an event only to subscribers that name one of its topics, live and replayed", async () => {
    const { channel, connect } = await openWorld();
    const start = await channel.position();
    const selections = [{}, { topics: ["user:1"] }, { topics: ["user:2", "user:3"] }, { topics: "*" }] as const;
    const live = selections.map((options) => connect(channel.subscribe(options)));
    await channel.publish("n", "all");
    await channel.publish("n", "one", { topics: ["user:1"] });
    await channel.publish("n", "two", { topics: ["user:2"] });
    await channel.publish("n", "both", { topics: ["user:1", "user:3"] });
    await turns();
    const replayed = selections.map((options) => connect(channel.subscribe(options), start));
    const fromStart = selections.map((options) => connect(channel.subscribe({ ...options, from: "start" })));
    await turns();
    for (const subscribers of [live, replayed, fromStart]) {
      const got = subscribers.map((subscriber) => {
        subscriber.take();
        return subscriber.seen.map(({ data }) => data);
      });
      expect(got).toEqual([["all"], ["all", "one", "both"], ["all", "two", "both"], ["all", "one", "two", "both"]]);
    }
  });

  it("that are an empty array select only events without topics", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe({ topics: [] }));
    await channel.publish("n", 1, { topics: ["user:1"] });
    await channel.publish("n", 2);
    await turns();
    expect(read(subscriber)).toEqual([2]);
    expect((await channel.history({ topics: [] })).events).toMatchObject([{ data: 2 }]);
  });

  it("of a request that are too many, too long or empty answer the request with 400", async () => {
    const { channel, connect } = await openWorld({ maxTopics: 3 });
    for (const topics of [["a", "b", "c", "d"], ["x".repeat(257)], [""], ["*"]]) {
      const refusal = expect.objectContaining({ code: "INVALID_OPTION", status: 400 });
      expect(() => channel.subscribe({ topics })).toThrowError(refusal);
      const subscriber = connect(() => channel.subscribe({ topics }));
      expect(await subscriber.closed).toBe("refused");
      expect(subscriber.status).toBe(400);
    }
    await expect(channel.history({ topics: ["a", "b", "c", "d"] })).rejects.toMatchObject({ status: 400 });
  });

  it("make an event for one topic touch no other cohort", async () => {
    const { channel, connect } = await openWorld();
    let calls = 0;
    const filter = () => {
      calls++;
      return true;
    };
    for (let n = 0; n < 50; n++) connect(channel.subscribe({ topics: [`user:${n}`], filter }));
    await channel.publish("n", 1, { topics: ["user:7"] });
    await turns();
    expect(calls).toBe(1);
  });
});

describe("filters", () => {
  it("run once per event for all subscribers that share the function", async () => {
    const { channel, connect } = await openWorld();
    let calls = 0;
    const filter = (event: { data: unknown }) => {
      calls++;
      return (event.data as number) > 1;
    };
    const subscribers = Array.from({ length: 20 }, () => connect(channel.subscribe({ filter })));
    await channel.publish("n", 1);
    await channel.publish("n", 2);
    await turns();
    expect(calls).toBe(2);
    for (const subscriber of subscribers) expect(read(subscriber)).toEqual([2]);
  });

  it("that publish while they run, and so trim the events being filtered, do not lose the newest events", async () => {
    const { channel, connect, errors } = await openWorld({ retain: { events: 3 }, window: { events: 3 } });
    for (const n of [1, 2, 3]) await channel.publish("n", n);
    let isFirst = true;
    const filter = () => {
      if (isFirst) {
        isFirst = false;
        for (let n = 4; n < 14; n++) void channel.publish("n", n);
      }
      return true;
    };
    const subscriber = connect(channel.subscribe({ from: "start", filter }));
    await turns();
    expect(errors).toEqual([]);
    expect(read(subscriber).slice(-3)).toEqual([11, 12, 13]);
  });

  it("that throw withhold the event, are reported, and leave other subscribers alone", async () => {
    const { channel, connect, errors } = await openWorld();
    const broken = connect(
      channel.subscribe({
        filter: ({ data }) => {
          if (data === 1) throw new Error("cannot decide");
          return true;
        },
      }),
    );
    const other = connect(channel.subscribe());
    await channel.publish("n", 1);
    await channel.publish("n", 2);
    await turns();
    expect(read(broken)).toEqual([2]);
    expect(read(other)).toEqual([1, 2]);
    expect(errors).toMatchObject([
      { error: { message: "cannot decide" }, context: { stage: "filter", channel: "orders" } },
    ]);
  });

  it("take an event only if they return true: an async filter takes nothing", async () => {
    const { channel, connect } = await openWorld();
    const subscriber = connect(channel.subscribe({ filter: (async () => true) as never }));
    await channel.publish("n", 1);
    await turns();
    expect(read(subscriber)).toEqual([]);
  });

  it("that publish an event make it follow the current one, once, for every subscriber", async () => {
    const { channel, connect } = await openWorld();
    let echoed = false;
    const filter = () => {
      if (!echoed) void channel.publish("n", 2);
      return (echoed = true);
    };
    const subscribers = [
      connect(channel.subscribe({ filter })),
      connect(channel.subscribe()),
      connect(channel.subscribe({ topics: ["a"] })),
    ];
    await channel.publish("n", 1);
    await turns();
    for (const subscriber of subscribers) expect(read(subscriber)).toEqual([1, 2]);
  });
});
