import { describe, expect, it, vi } from "vitest";
import { openEventStream } from "../../../src/client/index.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { block } from "./support/quick.ts";

/** A `Storage` as far as it keeps positions. */
function storage(entries: [string, string][] = []) {
  const items = new Map(entries);
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

describe("the option `persist`", () => {
  it("keeps the position in a Storage, under the URL, and resumes from it", async () => {
    await using server = await startScriptedServer();
    const persist = storage();
    const seen: unknown[] = [];
    const first = openEventStream(server.url, { persist, lastEventId: "initial" });
    first.on("n", (data) => seen.push(data));
    const connection = await server.next();
    expect(connection.lastEventId).toBe("initial");
    await connection.send(block(1) + block(2));
    await until("both events have arrived", () => seen.length === 2);
    await first.close();
    expect([...persist.items]).toEqual([[`sluice:${server.url}`, "2"]]);
    await using _second = openEventStream(server.url, { persist, lastEventId: "initial" });
    expect((await server.next()).lastEventId).toBe("2");
  });

  it("does not keep the position of an event whose consumer is still busy", async () => {
    await using server = await startScriptedServer();
    const persist = storage();
    await using stream = openEventStream(() => server.url, { persist, persistKey: "orders of u1" });
    const iteration = stream[Symbol.asyncIterator]();
    const first = iteration.next();
    await (await server.next()).send(block(1) + block(2));
    await first;
    await iteration.next();
    await until("the position was kept", () => persist.items.size > 0);
    expect([...persist.items]).toEqual([["sluice:orders of u1", "1"]]);
    await iteration.return?.();
    await stream.close();
    expect([...persist.items]).toEqual([["sluice:orders of u1", "1"]]);
  });

  it("loads and saves asynchronously: one at a time, the newest position last, before close() resolves", async () => {
    await using server = await startScriptedServer();
    const saved: string[] = [];
    let saving = 0;
    const persist = {
      load: async () => "7",
      save: async (lastEventId: string) => {
        expect(++saving).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        saving--;
        saved.push(lastEventId);
      },
    };
    const stream = openEventStream(server.url, { persist });
    let count = 0;
    stream.on("n", () => void count++);
    const connection = await server.next();
    expect(connection.lastEventId).toBe("7");
    await connection.send(block(8));
    await until("the first event has arrived", () => count === 1);
    for (const id of [9, 10, 11]) await connection.send(block(id));
    await until("all events have arrived", () => count === 4);
    await stream.close();
    expect(saved.at(-1)).toBe("11");
    expect(saved.length).toBeLessThan(4);
  });

  it("saves the position of an event whose listener closes the stream, before close() resolves", async () => {
    await using server = await startScriptedServer();
    const saved: string[] = [];
    const persist = { load: () => "", save: (position: string) => void saved.push(position) };
    const stream = openEventStream(server.url, { persist });
    const closed = new Promise<void>((resolve) => {
      stream.on("n", (data) => data === 3 && void stream.close().then(resolve));
    });
    await (await server.next()).send(block(1) + block(2) + block(3) + block(4));
    await closed;
    expect(saved).toEqual(["3"]);
  });

  it("resumes from a position that a store has kept as a number", async () => {
    await using server = await startScriptedServer();
    const persist = { load: () => 7 as unknown as string, save: () => undefined };
    await using stream = openEventStream(server.url, { persist });
    expect((await server.next()).lastEventId).toBe("7");
    expect(stream.lastEventId).toBe("7");
  });

  it("asks its store for nothing if the signal has aborted before", async () => {
    const load = vi.fn(() => "7");
    const signal = AbortSignal.abort("before");
    const stream = openEventStream("http://127.0.0.1:9/", { signal, persist: { load, save: () => undefined } });
    expect(await stream.closed).toEqual({ type: "closed", reason: "before" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(load).not.toHaveBeenCalled();
  });

  it("reports a store that fails, and continues", async () => {
    await using server = await startScriptedServer();
    const onError = vi.fn();
    const persist = {
      load: () => Promise.reject(new Error("no database")),
      save: () => {
        throw new Error("quota exceeded");
      },
    };
    await using stream = openEventStream(server.url, { persist, onError, lastEventId: "initial" });
    const seen: unknown[] = [];
    stream.on("n", (data) => seen.push(data));
    const connection = await server.next();
    expect(connection.lastEventId).toBe("initial");
    await connection.send(block(1));
    await until("both failures were reported", () => onError.mock.calls.length === 2);
    expect(onError.mock.calls).toEqual([
      [new Error("no database"), { stage: "persist" }],
      [new Error("quota exceeded"), { stage: "persist" }],
    ]);
    expect(seen).toEqual([1]);
  });
});
