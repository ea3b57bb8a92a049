import { describe, expect, it, vi } from "vitest";
import { shareEventStream } from "../../../src/client/index.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { block } from "../stream/support/quick.ts";

const ignore = () => undefined;

describe("a projection", () => {
  it("receives each event of its types once and in order, for several subscribers too", async () => {
    await using server = await startScriptedServer();
    const stream = shareEventStream(server.url);
    const seen: string[] = [];
    const sum = stream.project(
      ["add", "take"],
      (total: number, data, event) => {
        seen.push(`${event.type} ${data} ${event.id}`);
        return event.type === "add" ? total + (data as number) : total - (data as number);
      },
      0,
    );
    const leaving = [sum.subscribe(ignore), sum.subscribe(ignore)];
    await (await server.next()).send(
      block(1, 5, "add") + block(2, 9, "other") + block(3, 2, "take") + block(4, 1, "add"),
    );
    await until("all events have arrived", () => stream.getSnapshot().lastEvent?.id === "4");
    expect(seen).toEqual(["add 5 1", "take 2 3", "add 1 4"]);
    expect(sum.getSnapshot()).toBe(4);
    for (const leave of leaving) leave();
  });

  it("knows every event of a chunk when its subscriber is called for the first time after it", async () => {
    await using server = await startScriptedServer();
    const stream = shareEventStream(server.url);
    const count = stream.project("n", (total: number) => total + 1, 0);
    const lengths: number[] = [];
    // As React: it renders at the end of the turn.
    let isScheduled = false;
    const leave = count.subscribe(() => {
      if (isScheduled) return;
      isScheduled = true;
      queueMicrotask(() => {
        isScheduled = false;
        if (count.getSnapshot() !== (lengths.at(-1) ?? 0)) lengths.push(count.getSnapshot());
      });
    });
    const blocks = Array.from({ length: 500 }, (_, index) => block(index));
    await (await server.next()).send(blocks.join(""));
    await until("all events have arrived", () => lengths.at(-1) === 500);
    // A chunk is at most 64 KiB: the text arrives in few of them.
    expect(lengths.length).toBeLessThan(20);
    leave();
  });

  it("begins with undefined if no initial state is given", async () => {
    await using server = await startScriptedServer();
    const last = shareEventStream(server.url).project("n", (_: unknown, data) => data);
    expect(last.getSnapshot()).toBe(undefined);
    const leave = last.subscribe(ignore);
    await (await server.next()).send(block(1, "a"));
    await until("the event has arrived", () => last.getSnapshot() === "a");
    leave();
  });

  it("goes on after a pause in which it missed nothing, and begins anew after one in which it did", async () => {
    await using server = await startScriptedServer();
    const stream = shareEventStream(server.url);
    const leaveStream = stream.subscribe(ignore);
    const count = stream.project("n", (total: number) => total + 1, 0);
    let leave = count.subscribe(ignore);
    const connection = await server.next();
    await connection.send(block(1) + block(2));
    await until("two events have arrived", () => count.getSnapshot() === 2);
    leave();
    leave = count.subscribe(ignore);
    expect(count.getSnapshot()).toBe(2);
    leave();
    await connection.send(block(3));
    await until("the third event has arrived", () => stream.getSnapshot().lastEvent?.id === "3");
    expect(count.getSnapshot()).toBe(2);
    leave = count.subscribe(ignore);
    expect(count.getSnapshot()).toBe(0);
    await connection.send(block(4));
    await until("the fourth event has arrived", () => count.getSnapshot() === 1);
    leave();
    leaveStream();
  });

  it("receives gaps in order, also beside onGap, and under another name", async () => {
    await using server = await startScriptedServer();
    const gaps: unknown[] = [];
    const stream = shareEventStream(server.url, { gapEvent: "hole", onGap: (gap) => void gaps.push(gap) });
    const types = stream.project(["n", "hole" as "gap"], (list: string[], _, { type }) => [...list, type], []);
    const leave = types.subscribe(ignore);
    await (await server.next()).send(block(1) + block(2, { reason: "trimmed" }, "hole") + block(3));
    await until("all events have arrived", () => types.getSnapshot().length === 3);
    expect([types.getSnapshot(), gaps]).toEqual([["n", "hole", "n"], [{ reason: "trimmed" }]]);
    leave();
  });

  it("skips an event that its reducer throws for, and reports the error", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    const stream = shareEventStream(server.url, { onError });
    const list = stream.project(
      "n",
      (all: unknown[], data) => {
        if (data === 2) throw new Error("no two");
        return [...all, data];
      },
      [] as unknown[],
    );
    const leave = list.subscribe(ignore);
    await (await server.next()).send(block(1) + block(2) + block(3));
    await until("all events have arrived", () => list.getSnapshot().length === 2);
    expect(list.getSnapshot()).toEqual([1, 3]);
    expect(onError.mock.calls).toEqual([[new Error("no two"), { stage: "listener" }]]);
    leave();
  });

  it("receives no event whose data does not fit", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    const isNumber = {
      "~standard": {
        version: 1 as const,
        vendor: "test",
        validate: (value: unknown) => (typeof value === "number" ? { value } : { issues: [{ message: "no number" }] }),
      },
    };
    const parse = (text: string) => JSON.parse(text);
    const stream = shareEventStream<{ n: number }>(server.url, { onError, parse, schemas: { n: isNumber } });
    const list = stream.project("n", (all: number[], data) => [...all, data], []);
    const leave = list.subscribe(ignore);
    await (await server.next()).send(`${block(1)}${block(2, "text")}event: n\nid: 3\ndata: {\n\n${block(4)}`);
    await until("all events have arrived", () => list.getSnapshot().length === 2);
    expect(list.getSnapshot()).toEqual([1, 4]);
    expect(onError.mock.calls.map(([, { stage }]) => stage)).toEqual(["data", "data"]);
    leave();
  });

  it("needs a type and a reducer", () => {
    const { project } = shareEventStream("http://127.0.0.1:1/");
    const invalid = expect.objectContaining({ code: "INVALID_OPTION" });
    for (const type of ["", undefined, null, 5, true, {}, [], [""], [5], Symbol("x"), () => "n"])
      expect(() => project(type as never, () => 0, 0)).toThrow(invalid);
    for (const reducer of [undefined, null, "n", {}])
      expect(() => project("n", reducer as never, 0)).toThrow("Expected a valid listener: function");
  });
});
