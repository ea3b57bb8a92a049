import { describe, expect, it } from "vitest";
import { type ScriptedServerOptions, startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { type Init, MICROSOFT, SLUICE } from "../support/implementations.ts";
import { both, openIn, orNever, PAUSE_MS, sleep, useScene } from "../support/scene.ts";

/** Answers with an event of the connection's number, and keeps the connection open. */
const numbered = (): ScriptedServerOptions => {
  let count = 0;
  return { otherwise: (connection) => connection.send(`data: ${++count}\n\n`) };
};

/** Each test states what the Microsoft package does, and what Sluice does in its place. */
describe("faults of @microsoft/fetch-event-source that sluice/fetch-event-source does not have", () => {
  const scene = useScene();

  describe("duplicates", () => {
    it("from two connections, if a page is hidden and shown at once", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer(numbered());
        scene.start(implementation, server.url, { openWhenHidden: false, onerror: () => 1 });
        await until("it is connected", () => server.connections.length === 1);
        scene.page.hide();
        scene.page.show();
        const isBack = () => server.connections.length > 1 && openIn(server) > 0;
        await until("it is connected again", isBack);
        await orNever(implementation === MICROSOFT, () => openIn(server) > 1);
        return openIn(server);
      });
      expect(theirs).toBeGreaterThan(1);
      expect(ours).toBe(1);
    });

    it("from two connections, if a page is shown while a retry is due", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer({
          scripts: [(connection) => connection.cut()],
          otherwise: (connection) => connection.send(": open\n\n"),
        });
        let failures = 0;
        scene.start(implementation, server.url, { openWhenHidden: false, onerror: () => ++failures && PAUSE_MS });
        await until("it has failed", () => failures === 1);
        scene.page.hide();
        scene.page.show();
        const isBack = () => server.connections.length > 1 && openIn(server) > 0;
        await until("it is connected again", isBack);
        await orNever(implementation === MICROSOFT, () => openIn(server) > 1);
        return openIn(server);
      });
      expect([theirs, ours]).toEqual([2, 1]);
    });

    it("of a request, while the page is hidden", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer({ otherwise: (connection) => connection.cut() });
        let failures = 0;
        scene.start(implementation, server.url, { openWhenHidden: false, onerror: () => ++failures && PAUSE_MS });
        await until("it has failed", () => failures > 0);
        scene.page.hide();
        const { length } = server.connections;
        await orNever(implementation === MICROSOFT, () => server.connections.length > length);
        scene.page.show();
        return server.connections.length - length;
      });
      expect(theirs).toBeGreaterThan(0);
      expect(ours).toBeLessThanOrEqual(0);
    });

    it("of a POST, if the page is hidden and shown by default", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer({ otherwise: (connection) => connection.send("data: 1\n\n") });
        const seen: string[] = [];
        const init: Init = { method: "POST", body: "prompt", onmessage: ({ data }) => void seen.push(data) };
        scene.start(implementation, server.url, init);
        await until("the answer has begun", () => seen.length === 1);
        scene.page.hide();
        await sleep(PAUSE_MS);
        scene.page.show();
        await orNever(implementation === MICROSOFT, () => seen.length > 1);
        return [server.connections.length, seen];
      });
      expect(theirs).toEqual([2, ["1", "1"]]);
      expect(ours).toEqual([1, ["1"]]);
    });

    it("from a connection that stays open although `onopen` refused it", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        await using server = await startScriptedServer({ otherwise: (connection) => connection.send(": open\n\n") });
        scene.start(implementation, server.url, {
          onopen: () => Promise.reject(new Error("refused")),
          onerror: () => 10_000,
        });
        await until("it is connected", () => server.connections.length === 1);
        // Sluice needs a moment, and the Microsoft package never closes it.
        await orNever(implementation === SLUICE, () => openIn(server) === 0);
        return server.connections[0]?.isClosed;
      });
      expect([theirs, ours]).toEqual([false, true]);
    });
  });

  it("a hidden tab that is closed by default", async () => {
    const [theirs, ours] = await both(async (implementation) => {
      await using server = await startScriptedServer({ otherwise: (connection) => connection.send(": open\n\n") });
      scene.start(implementation, server.url);
      await until("it is connected", () => server.connections.length === 1);
      await sleep(PAUSE_MS);
      scene.page.hide();
      await orNever(implementation === MICROSOFT, () => openIn(server) === 0);
      scene.page.show();
      return server.connections[0]?.isClosed;
    });
    expect([theirs, ours]).toEqual([true, false]);
  });
});
