import { describe, expect, it, vi } from "vitest";
import { z } from "zod";
import { openEventStream, type StreamGap } from "../../../../src/client/index.ts";
import { startScriptedServer } from "../../../../src/testing/index.ts";
import { turns } from "../../../support/turns.ts";
import { until } from "../../../support/until.ts";
import { block, QUICK } from "../support/quick.ts";

const GAP: StreamGap = { reason: "trimmed", lastEventId: "1", resumesAfter: "5" };

describe("the position of a stream", () => {
  it("moves when an iteration asks for the next event, not when it receives one", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    const iteration = stream[Symbol.asyncIterator]();
    const first = iteration.next();
    await (await server.next()).send(block(1) + block(2));
    await first;
    await turns(20);
    expect(stream.lastEventId).toBe("");
    await iteration.next();
    await until("the position has moved", () => stream.lastEventId === "1");
    await iteration.return?.();
    expect(stream.lastEventId).toBe("1");
  });

  it("moves when a listener has returned, or its promise has settled", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    let finish: () => void = () => undefined;
    const positions: string[] = [];
    stream.on("n", (data) => {
      positions.push(stream.lastEventId);
      return data === 2 ? new Promise<void>((resolve) => (finish = resolve)) : undefined;
    });
    await (await server.next()).send(block(1) + block(2) + block(3));
    await until("the second event has arrived", () => positions.length === 2);
    await turns(20);
    expect(stream.lastEventId).toBe("1");
    expect(positions).toEqual(["", "1"]);
    finish();
    await until("the third event has arrived", () => positions.length === 3);
    expect(stream.lastEventId).toBe("3");
  });

  it("moves past blocks without an event, after the events before them", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    const iteration = stream[Symbol.asyncIterator]();
    const first = iteration.next();
    const connection = await server.next();
    await connection.send("id: start\n\n");
    await until("the position has moved", () => stream.lastEventId === "start");
    await connection.send(`${block(1)}id: 9\n\n`);
    await first;
    await turns(20);
    expect(stream.lastEventId).toBe("start");
    void iteration.next();
    await until("the position has moved", () => stream.lastEventId === "9");
  });

  it("survives a connection that dies before its first ID", async () => {
    await using server = await startScriptedServer({
      scripts: [
        (connection) => connection.cut(),
        async (connection) => {
          await connection.send(": heartbeat=15000\nretry: 1\n\nevent: n\ndata: 1\n\ndata: cut");
          connection.cut();
        },
      ],
    });
    await using stream = openEventStream(server.url, { ...QUICK, lastEventId: "größe 7" });
    const seen: unknown[] = [];
    stream.on("n", (data) => seen.push(data));
    const third = await server.next();
    expect(server.connections.map((each) => each.lastEventId)).toEqual(["größe 7", "größe 7", "größe 7"]);
    expect(seen).toEqual([1]);
    await third.send("id\nevent: n\ndata: 2\n\n");
    await until("the position was reset by the server", () => stream.lastEventId === "" && seen.length === 2);
  });
});

describe("the consumers of a stream", () => {
  it("set its pace: it reads no further while one of them is busy", async () => {
    await using server = await startScriptedServer({ timeout: 60_000 });
    await using stream = openEventStream(server.url);
    let finish: () => void = () => undefined;
    let count = 0;
    stream.on("n", () => (++count === 1 ? new Promise<void>((resolve) => (finish = resolve)) : undefined));
    const event = block(1, "x".repeat(100_000));
    const connection = await server.next();
    let sent = 0;
    const sending = (async () => {
      while (sent < 400) {
        await connection.send(event);
        sent++;
      }
    })();
    await until("the first event has arrived", () => count === 1);
    let before = -1;
    await until("the server can send no more", async () => {
      if (before === sent) return true;
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return false;
    });
    expect(sent).toBeLessThan(200);
    expect(count).toBe(1);
    finish();
    await sending;
    await until("all events have arrived", () => count === 400);
  });

  it("all receive every event: two iterations and a listener, at the pace of the slowest", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url, { until: "end" });
    const seen: string[] = [];
    const read = async (name: string, pause: number) => {
      for await (const { data } of stream) {
        seen.push(`${name} ${data}`);
        await turns(pause);
      }
    };
    stream.on("n", (data) => void seen.push(`on ${data}`));
    const readers = [read("fast", 0), read("slow", 10)];
    await (await server.next()).send(block(1) + block(2) + block(3, 3, "end"));
    await Promise.all(readers);
    expect(seen).toEqual(["on 1", "fast 1", "slow 1", "on 2", "fast 2", "slow 2", "fast 3", "slow 3"]);
  });

  it("receive an event of a chunk if they joined during the one before, and none after they left", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    const seen: unknown[] = [];
    let joined: (() => void) | undefined;
    stream.on("n", (data) => {
      seen.push(data);
      if (data === 1) joined = stream.on("n", (later) => seen.push(`also ${later}`));
      if (data === 3) joined?.();
    });
    await (await server.next()).send(block(1) + block(2) + block(3) + block(4));
    await until("the last event has arrived", () => seen.includes(4));
    expect(seen).toEqual([1, 2, "also 2", 3, 4]);
  });
});

describe("the data of an event", () => {
  it("is the value of JSON, or the text if it is none", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url);
    const seen: unknown[] = [];
    stream.on("message", (data) => seen.push(data));
    await (await server.next()).send(
      'data: {"a":1}\n\ndata: [DONE]\n\ndata: null\n\ndata\n\ndata: two\ndata: lines\n\n',
    );
    await until("all events have arrived", () => seen.length === 5);
    expect(seen).toEqual([{ a: 1 }, "[DONE]", null, "", "two\nlines"]);
  });

  it("is the result of `parse`; an event that it rejects is skipped and reported", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    await using stream = openEventStream<{ n: Date }>(server.url, {
      onError,
      parse: (text) => {
        const date = new Date(text);
        if (Number.isNaN(date.getTime())) throw new Error("no date");
        return date;
      },
    });
    const seen: Date[] = [];
    stream.on("n", (date) => seen.push(date));
    await (await server.next()).send("id: 1\nevent: n\ndata: never\n\nid: 2\nevent: n\ndata: 2026-01-01\n\n");
    await until("the event has arrived", () => seen.length === 1);
    expect(seen).toEqual([new Date("2026-01-01")]);
    expect(onError.mock.calls).toEqual([[new Error("no date"), { stage: "data" }]]);
    expect(stream.lastEventId).toBe("2");
  });

  it("is the output of its schema, also of an asynchronous one; an event that does not fit is skipped", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    const later = z.object({ n: z.number() }).refine(async ({ n }) => n < 10);
    await using stream = openEventStream<{ now: number; later: { n: number }; free: unknown }>(server.url, {
      onError,
      schemas: { now: z.coerce.number(), later },
    });
    const seen: unknown[] = [];
    for (const type of ["now", "later", "free"] as const) stream.on(type, (data) => seen.push(data));
    await (await server.next()).send(
      block(1, "4", "now") +
        block(2, { n: 5 }, "later") +
        block(3, "no number", "now") +
        block(4, { n: 50 }, "later") +
        block(5, { n: "fifty" }, "later") +
        block(6, "anything", "free"),
    );
    await until("the last event has arrived", () => seen.includes("anything"));
    expect(seen).toEqual([4, { n: 5 }, "anything"]);
    expect(onError.mock.calls.map(([error, { stage }]) => [error.code, stage])).toEqual([
      ["SCHEMA_MISMATCH", "data"],
      ["SCHEMA_MISMATCH", "data"],
      ["SCHEMA_MISMATCH", "data"],
    ]);
    expect(onError.mock.calls[2]?.[0].message).toContain("does not fit its schema: n: ");
    expect(onError.mock.calls[0]?.[0].message).toMatch(/^The data of "now" does not fit its schema: /);
  });

  it("is skipped and reported if the schema of its type is no Standard Schema", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    await using stream = openEventStream<Record<"n" | "free", unknown>>(server.url, {
      onError,
      schemas: { n: "a text" as never },
    });
    const seen: unknown[] = [];
    stream.on("n", (data) => seen.push(data));
    stream.on("free", (data) => seen.push(data));
    await (await server.next()).send(block(1) + block(2, 2, "free"));
    await until("the last event has arrived", () => seen.length > 0);
    expect(seen).toEqual([2]);
    const error = { code: "INVALID_OPTION", message: "Expected a valid Standard Schema, but got a text" };
    expect(onError.mock.calls).toEqual([[expect.objectContaining(error), { stage: "data" }]]);
  });

  it("waits for another consumer if all left while its schema validated, and is dropped by a reconnect", async () => {
    await using server = await startScriptedServer();
    const verdicts: (() => void)[] = [];
    const validate = (value: unknown) =>
      new Promise<{ value: unknown }>((resolve) => verdicts.push(() => resolve({ value })));
    const slow = { "~standard": { version: 1, vendor: "test", validate } } as const;
    await using stream = openEventStream(server.url, { ...QUICK, schemas: { n: slow } });
    const seen: unknown[] = [];
    const remove = stream.on("n", (data) => seen.push(`first ${data}`));
    await (await server.next()).send(block(1) + block(2));
    await until("the schema validates", () => verdicts.length === 1);
    remove();
    verdicts[0]?.();
    await turns(20);
    stream.on("n", (data) => seen.push(`second ${data}`));
    // The first event is not validated again.
    await until("the schema validates the next event", () => verdicts.length === 2);
    expect(seen).toEqual(["second 1"]);
    stream.reconnect();
    verdicts[1]?.();
    const connection = await server.next();
    expect(connection.lastEventId).toBe("1");
    await connection.send(block(3));
    await until("the schema validates the other connection's event", () => verdicts.length === 3);
    verdicts[2]?.();
    await until("it has arrived", () => seen.length === 2);
    expect(seen).toEqual(["second 1", "second 3"]);
  });
});

describe("a gap", () => {
  const gap = block(5, GAP, "gap");

  it("goes to onGap in order, and not to iterations", async () => {
    await using server = await startScriptedServer();
    const seen: unknown[] = [];
    await using stream = openEventStream(server.url, { until: "end", onGap: (data) => seen.push(data) });
    const over = (async () => {
      for await (const { data } of stream) seen.push(data);
    })();
    await (await server.next()).send(block(1) + gap + block(6) + block(7, "last", "end"));
    await over;
    expect(seen).toEqual([1, GAP, 6, "last"]);
  });

  it("goes to iterations and listeners of its type if there is no onGap, and moves the position", async () => {
    await using server = await startScriptedServer();
    await using stream = openEventStream(server.url, {
      gapEvent: "hole",
      onError: (error) => expect.unreachable(String(error)),
    });
    const seen: unknown[] = [];
    stream.on("hole", (data) => seen.push(data));
    const iteration = stream[Symbol.asyncIterator]();
    const first = iteration.next();
    await (await server.next()).send(block(5, GAP, "hole"));
    expect((await first).value).toEqual({ type: "hole", data: GAP, id: "5" });
    expect(seen).toEqual([GAP]);
    void iteration.next();
    await until("the position has moved", () => stream.lastEventId === "5");
  });

  it("is reported to onError if nothing receives it", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    await using stream = openEventStream(server.url, { onError });
    stream.on("n", () => undefined);
    await (await server.next()).send(gap);
    await until("the gap was reported", () => onError.mock.calls.length === 1);
    expect(onError).toHaveBeenCalledWith(GAP, { stage: "gap" });
  });

  it("is read as JSON, past `parse`", async () => {
    await using server = await startScriptedServer();
    const gaps: StreamGap[] = [];
    await using stream = openEventStream(server.url, { parse: () => "parsed", onGap: (each) => gaps.push(each) });
    stream.on("n", () => undefined);
    await (await server.next()).send(gap);
    await until("the gap has arrived", () => gaps.length === 1);
    expect(gaps).toEqual([GAP]);
  });
});
