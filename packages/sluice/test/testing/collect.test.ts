import { describe, expect, it } from "vitest";
import { createSluice } from "../../src/index.ts";
import { collect, startScriptedServer } from "../../src/testing/index.ts";

describe("collect()", () => {
  it("collects the events of the subscription that are published after the call, and then unsubscribes", async () => {
    const sluice = createSluice();
    const orders = sluice.channel<{ placed: number; paid: number }>("orders");
    await orders.publish("placed", 0);
    const collected = collect(orders.subscribe({ topics: ["user:ada"] }), 2);
    await orders.publish("placed", 1, { topics: ["user:ada"] });
    await orders.publish("placed", 2, { topics: ["user:bob"] });
    await orders.publish("paid", 1);
    expect((await collected).map(({ type, data }) => [type, data])).toEqual([
      ["placed", 1],
      ["paid", 1],
    ]);
    expect(orders.stats().cohorts).toBe(0);
    await sluice.close();
  });

  it("resolves to fewer items if the iterable ends earlier", async () => {
    const two = async function* () {
      yield 1;
      yield 2;
    };
    expect(await collect(two(), 3)).toEqual([1, 2]);
    expect(await collect(two(), 0)).toEqual([]);
  });

  it("rejects with the number of items so far if the rest does not come in time, and unsubscribes", async () => {
    const sluice = createSluice();
    const orders = sluice.channel("orders");
    const collected = collect(orders.subscribe(), 2, { timeout: 50 });
    await orders.publish("placed", 1);
    await expect(collected).rejects.toThrow("Expected 2 items, but got 1 within the time limit.");
    await expect.poll(() => orders.stats().cohorts).toBe(0);
    await sluice.close();
  });

  it("rejects with the error of the iterable", async () => {
    const broken = async function* () {
      yield 1;
      throw new Error("no more");
    };
    await expect(collect(broken(), 2)).rejects.toThrow("no more");
  });

  it("collects until the condition returns true, and calls it with the item and all items so far", async () => {
    const sluice = createSluice();
    const orders = sluice.channel<{ placed: number; paid: number }>("orders");
    const seen: number[] = [];
    const collected = collect(orders.subscribe(), ({ type }, items) => {
      seen.push(items.length);
      return type === "paid";
    });
    for (const type of ["placed", "placed", "paid", "placed"] as const) await orders.publish(type, 1);
    expect((await collected).map(({ type }) => type)).toEqual(["placed", "placed", "paid"]);
    expect(seen).toEqual([1, 2, 3]);
    await expect(collect(orders.subscribe(), () => false, { timeout: 20 })).rejects.toThrow(
      "Expected an item that fulfils the condition, but got 0 within the time limit.",
    );
    await sluice.close();
  });

  it("collects the events of a URL, sends its headers and position, and then closes the connection", async () => {
    await using server = await startScriptedServer();
    const options = { headers: { authorization: "Bearer x" }, lastEventId: "7" };
    const collected = collect(server.url, ({ data }) => data === "2", options);
    const connection = await server.next();
    expect([connection.headers.authorization, connection.lastEventId]).toEqual(["Bearer x", "7"]);
    await connection.send("data: 1\n\nevent: e\ndata: 2\n\ndata: 3\n\n");
    expect((await collected).map(({ type, data }) => [type, data])).toEqual([
      ["message", "1"],
      ["e", "2"],
    ]);
    await connection.gone();
  });

  it("closes the connection if the events of a URL do not come in time, also before the head", async () => {
    await using server = await startScriptedServer();
    const collected = collect(new URL(server.url), 1, { timeout: 50 });
    const failed = expect(collected).rejects.toThrow("Expected 1 items, but got 0 within the time limit.");
    const connection = await server.next();
    await failed;
    await connection.gone();
  });

  it("collects the events of a Response, and rejects if it is no event stream", async () => {
    const response = new Response("data: 1\n\n", { headers: { "content-type": "text/event-stream" } });
    expect(await collect(response, 5)).toEqual([{ type: "message", data: "1", lastEventId: "" }]);
    await expect(collect(new Response("no"), 1)).rejects.toThrow("Expected an event stream");
  });

  it("calls a source function with a context, whose signal aborts when the items are collected", async () => {
    let ended: unknown;
    const source = async function* ({
      signal,
      lastEventId,
    }: {
      signal: AbortSignal;
      lastEventId?: string | undefined;
    }) {
      try {
        for (let i = 0; ; i++) yield `${lastEventId}-${i}`;
      } finally {
        ended = signal.aborted;
      }
    };
    expect(await collect(source, 2, { lastEventId: "7" })).toEqual(["7-0", "7-1"]);
    await expect.poll(() => ended).toBe(true);
    expect(await collect(() => null, 2)).toEqual([]);
  });

  it("awaits the promise of the condition", async () => {
    const source = async function* () {
      for (let i = 1; ; i++) yield i;
    };
    expect(await collect(source(), async (item) => item === 3)).toEqual([1, 2, 3]);
  });

  it("throws if the source is none", async () => {
    for (const source of [undefined, null, 5, [1], {}])
      expect(() => collect(source as never, 1)).toThrow("`source` must be an async iterable, a source function,");
    await expect(collect((() => 5) as never, 1)).rejects.toThrow("a function that returns an async iterable, but is 5");
  });

  it("throws if the count or an option is wrong", () => {
    expect(() => collect([] as never, -1)).toThrow("`until` must be a whole number of at least 0");
    expect(() => collect([] as never, 1, { time: 1 } as never)).toThrow("no option `time`");
    expect(() => collect([] as never, "1" as never)).toThrow("`until` must be a number of items, or a function");
    expect(() => collect([] as never, 1, { lastEventId: 7 } as never)).toThrow("`lastEventId` must be a string");
    for (const headers of [null, 5, "a: b", new Headers({ a: "b" }), [["a", "b"]], { a: 5 }])
      expect(() => collect([] as never, 1, { headers } as never)).toThrow("`headers` must be an object of names");
  });
});
