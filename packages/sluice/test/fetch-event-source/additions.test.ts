import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventStreamError, fetchEventSource } from "../../src/fetch-event-source/index.ts";
import { type ScriptedConnection, startScriptedServer } from "../../src/testing/index.ts";
import { until } from "../support/until.ts";
import { sleep } from "./support/scene.ts";

/** Time for what must not happen, in ms. */
const WHILE_MS = 150;

const end = (connection: ScriptedConnection) => connection.end();
const hold = (connection: ScriptedConnection) => connection.send(": open\n\n");

/** The part of a page that reports the network. */
class Network extends EventTarget {
  comeBack(): void {
    this.dispatchEvent(new Event("online"));
  }
}

describe("fetchEventSource() beyond the other package", () => {
  let network: Network;
  let controller: AbortController;
  beforeEach(() => {
    network = new Network();
    vi.stubGlobal("addEventListener", network.addEventListener.bind(network));
    controller = new AbortController();
  });
  afterEach(() => {
    controller.abort();
    vi.unstubAllGlobals();
  });

  it("takes a URL, and no options", async () => {
    await using server = await startScriptedServer({ otherwise: end });
    await fetchEventSource(new URL("a?b=c", server.url));
    expect(server.connections.map(({ path }) => path)).toEqual(["/a?b=c"]);
  });

  it("obeys the signal of a Request", async () => {
    await using server = await startScriptedServer({ otherwise: hold });
    const call = fetchEventSource(new Request(server.url, { signal: controller.signal }));
    await until("it is connected", () => server.connections.length === 1);
    controller.abort();
    await call;
    await server.connections[0]?.gone();
    await fetchEventSource(new Request(server.url, { signal: AbortSignal.abort() }));
    expect(server.connections).toHaveLength(1);
  });

  it.each([
    ["onmessage", { onmessage: "no function" }],
    ["onopen", { onopen: {} }],
    ["onerror", { onerror: 5 }],
    ["onclose", { onclose: true }],
    ["fetch", { fetch: "fetch" }],
    ["openWhenHidden", { openWhenHidden: "yes" }],
    ["signal", { signal: new AbortController() }],
    ["headers", { headers: 5 }],
    ["method", { method: "a b" }],
    ["body", { body: "x" }],
    ["body", { method: "POST", body: { prompt: "x" } }],
  ])("rejects with INVALID_OPTION if %s has a wrong value", async (name, options) => {
    const call = fetchEventSource("http://127.0.0.1:1", options as never);
    await expect(call).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringMatching(new RegExp(name, "i")),
    });
  });

  it.each([null, 5, "x", Promise.resolve({})])(
    "rejects with INVALID_OPTION for %j in place of options",
    async (options) => {
      const call = fetchEventSource("http://127.0.0.1:1", options as never);
      await expect(call).rejects.toMatchObject({
        code: "INVALID_OPTION",
        message: expect.stringContaining("an object"),
      });
    },
  );

  it.each([undefined, null, 5, {}, []])("rejects with INVALID_OPTION for %j in place of a URL", async (input) => {
    const call = fetchEventSource(input as never);
    await expect(call).rejects.toMatchObject({ code: "INVALID_OPTION", message: expect.stringContaining("a URL") });
  });

  it("sends a stream as body, which its checks leave unread", async () => {
    await using server = await startScriptedServer({ otherwise: end });
    const body = new Blob(["x"]).stream();
    await fetchEventSource(server.url, { method: "POST", body, duplex: "half" } as never);
    expect(server.connections[0]!.body).toBe("x");
  });

  it("gives `onerror` the status and the start of the body of a refusal", async () => {
    const otherwise = (connection: ScriptedConnection) => connection.answer(403, { body: "not yours" });
    await using server = await startScriptedServer({ otherwise });
    const call = fetchEventSource(server.url, {
      onerror(error) {
        throw error;
      },
    });
    await expect(call).rejects.toBeInstanceOf(EventStreamError);
    await expect(call).rejects.toMatchObject({ code: "STREAM_FAILED", status: 403, body: "not yours" });
  });

  it("gives `onerror` the error of a function for the headers, and asks it again", async () => {
    await using server = await startScriptedServer({ otherwise: end });
    const errors: string[] = [];
    let asked = 0;
    await fetchEventSource(server.url, {
      headers: async () => {
        if (++asked < 3) throw new Error(`no token ${asked}`);
        return [["x-token", `${asked}`]];
      },
      onerror(error) {
        errors.push(error.message);
        return 1;
      },
    });
    expect(errors).toEqual(["no token 1", "no token 2"]);
    expect(server.connections.map(({ headers }) => headers["x-token"])).toEqual(["3"]);
  });

  it("gives `onerror` an event that is too large", async () => {
    const otherwise = (connection: ScriptedConnection) => connection.send(`data: ${"x".repeat(17 * 1024 * 1024)}`);
    await using server = await startScriptedServer({ otherwise });
    const call = fetchEventSource(server.url, {
      onerror(error) {
        throw error;
      },
    });
    await expect(call).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
    await server.connections[0]?.gone();
  });

  it("waits at least the server's reconnection time", async () => {
    let cutAt = 0;
    let waited = 0;
    await using server = await startScriptedServer({
      scripts: [
        async (connection) => {
          await connection.send("retry: 200\n\n");
          await connection.stall(20);
          cutAt = performance.now();
          connection.cut();
        },
      ],
      otherwise(connection) {
        waited = performance.now() - cutAt;
        connection.end();
      },
    });
    await fetchEventSource(server.url);
    expect(waited).toBeGreaterThan(195);
    expect(waited).toBeLessThan(5 * (200 + 1_000));
  });

  it("goes on after an error of `onmessage` with the next event", async () => {
    await using server = await startScriptedServer({
      otherwise: async (connection) => {
        for (let id = Number(connection.lastEventId) + 1; id <= 3; id++)
          await connection.send(`id: ${id}\ndata: ${id}\n\n`);
        connection.end();
      },
    });
    const seen: string[] = [];
    const errors: string[] = [];
    await fetchEventSource(server.url, {
      async onmessage({ data }) {
        seen.push(data);
        await sleep(1);
        if (data === "2") throw new Error("no place");
      },
      onerror(error) {
        errors.push(error.message);
        return 1;
      },
    });
    expect([seen, errors]).toEqual([["1", "2", "3"], ["no place"]]);
  });

  it.each([
    ["replaces an open GET", "GET", 2],
    ["leaves an open POST alone", "POST", 1],
  ])("%s when the network is back", async (_, method, connections) => {
    await using server = await startScriptedServer({ otherwise: hold });
    const opened = vi.fn(async () => {});
    void fetchEventSource(server.url, { method, signal: controller.signal, onopen: opened });
    await until("it is open", () => opened.mock.calls.length === 1);
    await sleep(WHILE_MS / 3);
    network.comeBack();
    await sleep(WHILE_MS);
    expect(server.connections).toHaveLength(connections);
  });

  it("ends the wait for a retry when the network is back", async () => {
    await using server = await startScriptedServer({ scripts: [(connection) => connection.cut()], otherwise: end });
    const failed = vi.fn(() => 100_000);
    const call = fetchEventSource(server.url, { method: "POST", onerror: failed });
    await until("it has failed", () => failed.mock.calls.length === 1);
    await sleep(WHILE_MS / 3);
    network.comeBack();
    await call;
    expect(server.connections).toHaveLength(2);
  });

  it("makes no request while `onclose` decides that the stream is complete", async () => {
    await using server = await startScriptedServer({ otherwise: end });
    const closing = vi.fn(() => sleep(WHILE_MS));
    const call = fetchEventSource(server.url, { onclose: closing });
    await until("the server has ended the stream", () => closing.mock.calls.length === 1);
    network.comeBack();
    await call;
    await sleep(WHILE_MS);
    expect(server.connections).toHaveLength(1);
  });

  it("clamps an interval that no timer can have", async () => {
    await using server = await startScriptedServer({ otherwise: (connection) => connection.cut() });
    void fetchEventSource(server.url, { signal: controller.signal, onerror: () => Number.POSITIVE_INFINITY });
    await until("it has failed", () => server.connections.length === 1);
    await sleep(WHILE_MS);
    expect(server.connections).toHaveLength(1);
  });
});
