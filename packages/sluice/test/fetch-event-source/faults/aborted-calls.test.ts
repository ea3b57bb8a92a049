import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { MICROSOFT } from "../support/implementations.ts";
import { both, orNever, useScene } from "../support/scene.ts";

/** Each test states what the Microsoft package does, and what Sluice does in its place. */
describe("faults of @microsoft/fetch-event-source that sluice/fetch-event-source does not have", () => {
  const scene = useScene();

  describe("an aborted call that comes back", () => {
    it("after an abort in `onerror`", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer({ otherwise: (connection) => connection.cut() });
        const call = scene.start(implementation, server.url, {
          onerror() {
            call.controller.abort();
            return 1;
          },
        });
        await until("it has begun", () => server.connections.length > 0);
        await orNever(implementation === MICROSOFT, () => server.connections.length > 2);
        return server.connections.length;
      });
      expect(theirs).toBeGreaterThan(2);
      expect(ours).toBe(1);
    });

    it("although the signal had aborted before the call", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer();
        const call = scene.start(implementation, server.url, { signal: AbortSignal.abort() });
        await orNever(implementation === MICROSOFT, () => server.connections.length > 0);
        server.connections[0]?.cut();
        return [server.connections.length, call.settled];
      });
      expect(theirs).toEqual([1, ""]);
      expect(ours).toEqual([0, "resolved"]);
    });

    it("as events of a chunk that had arrived", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer({
          otherwise: (connection) => connection.send("data: 1\n\ndata: 2\n\ndata: 3\n\n"),
        });
        const seen: string[] = [];
        const call = scene.start(implementation, server.url, {
          onmessage({ data }) {
            seen.push(data);
            call.controller.abort();
          },
        });
        await until("the call is over", () => call.settled !== "");
        return seen;
      });
      expect(theirs).toEqual(["1", "2", "3"]);
      expect(ours).toEqual(["1"]);
    });

    it("after its page has gone, which no comparison with it may notice", async () => {
      await using server = await startScriptedServer();
      const call = scene.start(MICROSOFT, server.url);
      const connection = await server.next();
      vi.unstubAllGlobals();
      expect(globalThis).not.toHaveProperty("document");
      connection.end();
      await until("the call is over", () => call.settled !== "");
      expect(call.settled).toBe("resolved");
    });

    it("as a listener on a signal that outlives the call", async () => {
      const [theirs, ours] = await both(async ({ fetchEventSource }) => {
        await using server = await startScriptedServer({ otherwise: (connection) => connection.end() });
        const { signal } = new AbortController();
        await fetchEventSource(server.url, { signal });
        return getEventListeners(signal, "abort").length;
      });
      expect([theirs, ours]).toEqual([1, 0]);
    });
  });
});
