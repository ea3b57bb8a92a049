import { describe, expect, it, vi } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { type Implementation, type Init, SLUICE } from "../support/implementations.ts";
import { both, orNever, useScene } from "../support/scene.ts";

/** Each test states what the Microsoft package does, and what Sluice does in its place. */
describe("faults of @microsoft/fetch-event-source that sluice/fetch-event-source does not have", () => {
  const scene = useScene();

  describe("requests that are wrong", () => {
    /** Returns the header of the second of two requests. The first connection is cut after its text. */
    async function second(implementation: Implementation, text: string, init: Init, name: string, input?: string) {
      await using server = await startScriptedServer({
        scripts: [
          async (connection: ScriptedConnection) => {
            await connection.send(text);
            await connection.stall(20);
            connection.cut();
          },
        ],
        otherwise: (connection) => connection.send(": open\n\n"),
      });
      const request = input === undefined ? server.url : new Request(server.url, { method: "POST", body: input });
      const call = scene.start(implementation, request, { onerror: () => 1, ...init });
      await until("it is connected", () => server.connections.length > 0);
      // The two faults without headers keep the Microsoft package from coming back.
      const comesBack = implementation === SLUICE || init.headers !== undefined;
      await orNever(comesBack, () => server.connections.length > 1);
      call.controller.abort();
      const connection = server.connections[1];
      if (name === "body") return connection?.body;
      return connection && (name === "last-event-id" ? connection.lastEventId : connection.headers[name]);
    }

    it("with two values of `Accept`, if its name is in upper case", async () => {
      const headers = { Accept: "application/json" };
      const [theirs, ours] = await both((each) => second(each, "data: 1\n\n", { headers }, "accept"));
      expect([theirs, ours]).toEqual(["application/json, text/event-stream", "application/json"]);
    });

    it("with two values of `Last-Event-ID`, if the program sets the first one", async () => {
      const headers = { "Last-Event-ID": "5" };
      const [theirs, ours] = await both((each) => second(each, "id: 6\ndata: 1\n\n", { headers }, "last-event-id"));
      expect([theirs, ours]).toEqual(["5, 6", "6"]);
    });

    it("and never succeed, if an ID is not Latin-1", async () => {
      const [theirs, ours] = await both((each) => second(each, "id: größe-√\ndata: 1\n\n", {}, "last-event-id"));
      expect([theirs, ours]).toEqual([undefined, "größe-√"]);
    });

    it("and never succeed, if a Request has a body", async () => {
      const [theirs, ours] = await both((each) => second(each, "data: 1\n\n", {}, "body", "prompt"));
      expect([theirs, ours]).toEqual([undefined, "prompt"]);
    });

    it("without the headers of a Request, of `Headers`, or of pairs", async () => {
      const own = { "x-own": "1" };
      const seen = await both(async ({ fetchEventSource }) => {
        await using server = await startScriptedServer({ otherwise: (connection) => connection.end() });
        await fetchEventSource(new Request(server.url, { headers: own }), {});
        for (const headers of [new Headers(own), Object.entries(own)])
          await fetchEventSource(server.url, { headers: headers as unknown as Record<string, string> });
        return server.connections.map(({ headers }) => headers["x-own"]);
      });
      expect(seen).toEqual([
        [undefined, undefined, undefined],
        ["1", "1", "1"],
      ]);
    });

    it("with an old token, since headers cannot be a function", async () => {
      const [theirs, ours] = await both(async (implementation) => {
        let asked = 0;
        const headers = (() => ({ authorization: `Bearer ${++asked}` })) as unknown as Record<string, string>;
        return second(implementation, "data: 1\n\n", { headers }, "authorization");
      });
      expect([theirs, ours]).toEqual([undefined, "Bearer 2"]);
    });
  });

  it("no use in workers and on servers, where there is no document", async () => {
    vi.stubGlobal("document", undefined);
    const [theirs, ours] = await both(async ({ fetchEventSource }) => {
      await using server = await startScriptedServer({ otherwise: (connection) => connection.end() });
      return await fetchEventSource(server.url, {}).then(() => "resolved", String);
    });
    expect(theirs).toMatch(/^TypeError: .*undefined/);
    expect(ours).toBe("resolved");
  });
});
