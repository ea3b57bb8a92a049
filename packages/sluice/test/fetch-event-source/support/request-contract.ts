import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { type Implementation, type Init, Page } from "./implementations.ts";

/** Answers with the request as an event, and ends. */
async function echo(connection: ScriptedConnection): Promise<void> {
  await connection.echo();
  connection.end();
}

/** The requests, where the Microsoft package does what its README says. */
export function requestContract(name: string, { fetchEventSource }: Implementation): void {
  describe(`the requests of ${name}`, () => {
    let page: Page;
    beforeEach(() => {
      page = new Page();
    });
    afterEach(() => vi.unstubAllGlobals());

    async function requestOf(url: RequestInfo, init: Init): Promise<unknown> {
      let request: unknown;
      await fetchEventSource(url, { ...init, onmessage: ({ data }) => void (request = JSON.parse(data)) });
      return request;
    }

    it("have the method, the headers and the body of the options", async () => {
      await using server = await startScriptedServer({ otherwise: echo });
      const request = await requestOf(server.url, {
        method: "POST",
        headers: { "Content-Type": "application/json", "x-own": "1" },
        body: JSON.stringify({ foo: "bar" }),
      });
      expect(request).toMatchObject({
        method: "POST",
        headers: {
          accept: expect.stringMatching(/^text\/event-stream\b/),
          "content-type": "application/json",
          "x-own": "1",
        },
        body: '{"foo":"bar"}',
      });
    });

    it("ask for what a header `accept` says", async () => {
      await using server = await startScriptedServer({ otherwise: echo });
      const request = await requestOf(server.url, { headers: { accept: "application/json" } });
      expect(request).toMatchObject({ headers: { accept: "application/json" } });
    });

    it("go to the URL of a Request, with its method", async () => {
      await using server = await startScriptedServer({ otherwise: echo });
      const request = await requestOf(new Request(`${server.url}path`, { method: "POST", body: "hello" }), {});
      expect(request).toMatchObject({ path: "/path", method: "POST", body: "hello" });
    });

    it("go through `fetch` of the options, with the input and its own options", async () => {
      await using server = await startScriptedServer({ otherwise: echo });
      const calls: unknown[][] = [];
      const fetch = (input: URL | RequestInfo, init?: RequestInit) => {
        calls.push([input, init]);
        return globalThis.fetch(input, { ...init, headers: { ...init?.headers, authorization: "Bearer 1" } });
      };
      const request = await requestOf(server.url, { fetch, headers: { "X-Own": "1" }, redirect: "error" });
      expect(calls).toEqual([
        [
          server.url,
          expect.objectContaining({ redirect: "error", headers: expect.objectContaining({ "X-Own": "1" }) }),
        ],
      ]);
      expect(request).toMatchObject({ headers: { authorization: "Bearer 1", "x-own": "1" } });
    });

    it("resume with the last event ID after a cut, and forget it after an empty one", async () => {
      const texts = ["id: 7\ndata: 1\n\n", "id: 8\n\ndata: 2\n\n", "id\nid:\ndata: 3\n\n", "data: 4\n\n"];
      await using server = await startScriptedServer({
        scripts: texts.map((text, index) => async (connection: ScriptedConnection) => {
          await connection.send(text);
          await connection.stall(20);
          if (index < 3) connection.cut();
          else connection.end();
        }),
      });
      const seen: string[] = [];
      await fetchEventSource(server.url, {
        onmessage: ({ data }) => void (data && seen.push(data)),
        onerror: () => 1,
      });
      expect(seen).toEqual(["1", "2", "3", "4"]);
      expect(server.connections.map(({ headers }) => headers["last-event-id"])).toEqual([
        undefined,
        "7",
        "8",
        undefined,
      ]);
    });

    it("end while the page is hidden if `openWhenHidden` is false, and resume when it is visible", async () => {
      await using server = await startScriptedServer();
      const controller = new AbortController();
      const seen: string[] = [];
      const call = fetchEventSource(server.url, {
        openWhenHidden: false,
        signal: controller.signal,
        onmessage: ({ data }) => void seen.push(data),
      });
      const first = await server.next();
      await first.send("id: 1\ndata: a\n\n");
      await until("the event has come", () => seen.length === 1);
      page.hide();
      await first.gone();
      expect(server.connections).toHaveLength(1);
      page.show();
      const second = await server.next();
      expect(second.lastEventId).toBe("1");
      await second.send("id: 2\ndata: b\n\n");
      await until("the event has come", () => seen.length === 2);
      controller.abort();
      await call;
      page.hide();
      page.show();
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect([seen, server.connections.length]).toEqual([["a", "b"], 2]);
    });

    it("stay open while the page is hidden if `openWhenHidden` is true", async () => {
      await using server = await startScriptedServer();
      const seen: string[] = [];
      const call = fetchEventSource(server.url, {
        openWhenHidden: true,
        onmessage: ({ data }) => void seen.push(data),
      });
      const connection = await server.next();
      await connection.send("data: 1\n\n");
      page.hide();
      page.show();
      await connection.send("data: 2\n\n");
      connection.end();
      await call;
      expect([seen, server.connections.length]).toEqual([["1", "2"], 1]);
    });
  });
}
