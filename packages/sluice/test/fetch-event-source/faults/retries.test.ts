import { describe, expect, it, vi } from "vitest";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { type Init, MICROSOFT } from "../support/implementations.ts";
import { both, orNever, sleep, useScene } from "../support/scene.ts";

/** Each test states what the Microsoft package does, and what Sluice does in its place. */
describe("faults of @microsoft/fetch-event-source that sluice/fetch-event-source does not have", () => {
  const scene = useScene();

  describe("retries without back-off", () => {
    it("at the same interval for ever, in every client at once", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        const { setTimeout: begin } = globalThis;
        const delays: number[] = [];
        vi.stubGlobal("setTimeout", (call: () => void, ms: number) => {
          delays.push(ms);
          return begin(call, 0);
        });
        let attempts = 0;
        const call = scene.start(implementation, "http://x", {
          async fetch() {
            if (++attempts > 200) call.controller.abort();
            throw new TypeError("fetch failed");
          },
        });
        await until("it has tried often", () => attempts > 200);
        vi.stubGlobal("setTimeout", begin);
        return delays.filter((ms) => ms > 10);
      });
      expect(new Set(theirs.slice(0, 200))).toEqual(new Set([1_000]));
      expect(Math.max(...ours)).toBeGreaterThan(20_000);
      expect(Math.max(...ours)).toBeLessThan(30_001);
      expect(ours[0]).toBeLessThan(1_001);
      expect(new Set(ours).size).toBeGreaterThan(150);
    });

    it("without a pause, if `onerror` is asynchronous", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer({ otherwise: (connection) => connection.cut() });
        // A program in JavaScript may do so.
        const onerror = (async () => 10_000) as unknown as NonNullable<Init["onerror"]>;
        scene.start(implementation, server.url, { onerror });
        await until("it has begun", () => server.connections.length > 0);
        await orNever(implementation === MICROSOFT, () => server.connections.length > 3);
        return server.connections.length;
      });
      expect(theirs).toBeGreaterThan(3);
      expect(ours).toBe(1);
    });

    it("sooner than `Retry-After` says", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer({
          otherwise: (connection) => connection.answer(503, { retryAfter: 1 }),
        });
        vi.spyOn(Math, "random").mockReturnValue(0);
        scene.start(implementation, server.url, { onerror: implementation === MICROSOFT ? () => 1 : () => undefined });
        await sleep(700);
        vi.restoreAllMocks();
        return server.connections.length;
      });
      // Its own interval is 1 s; a program that sets another one cannot obey the server.
      expect(theirs).toBeGreaterThan(1);
      expect(ours).toBe(1);
    });
  });

  it("requests after a 204, by which a server says that nothing is left", async () => {
    const [theirs, ours] = await both(async (implementation) => {
      await using server = await startScriptedServer({ otherwise: (connection) => connection.answer(204) });
      const call = scene.start(implementation, server.url, { onerror: () => 1 });
      await until("it goes on or ends", () => server.connections.length > 1 || call.settled !== "");
      return [server.connections.length > 1, call.settled];
    });
    expect(theirs).toEqual([true, ""]);
    expect(ours).toEqual([false, "resolved"]);
  });
});
