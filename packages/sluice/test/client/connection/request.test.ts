import { describe, expect, it, vi } from "vitest";
import { checkRequest, type RequestOptions, sendRequest } from "../../../src/client/connection/request.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";

const echo = { otherwise: (connection: { answer(status: number): Promise<void> }) => connection.answer(200) };

async function seenBy(options: RequestOptions, lastEventId = "") {
  await using server = await startScriptedServer(echo);
  await sendRequest(server.url, options, lastEventId, new AbortController().signal);
  const [connection] = server.connections;
  if (connection === undefined) throw new Error("No request came.");
  return connection;
}

describe("sendRequest()", () => {
  it("asks for an event stream without a cache", async () => {
    const { method, headers, body } = await seenBy({});
    expect([method, body]).toEqual(["GET", ""]);
    expect(headers).toMatchObject({ accept: "text/event-stream", "cache-control": "no-cache" });
    expect(headers).not.toHaveProperty("last-event-id");
  });

  it("sends the method, the headers and the body of the options, and lets them replace the defaults", async () => {
    const headers = { Accept: "text/plain", authorization: "Bearer x" };
    const seen = await seenBy({ method: "POST", headers, body: "text" });
    expect(seen).toMatchObject({ method: "POST", body: "text" });
    expect(seen.headers).toMatchObject({ accept: "text/plain", authorization: "Bearer x" });
  });

  it("calls functions for the headers and the body, and awaits them", async () => {
    const seen = await seenBy({
      method: "POST",
      headers: async () => new Headers({ "x-token": "fresh" }),
      body: () => new URLSearchParams({ a: "1" }),
    });
    expect([seen.headers["x-token"], seen.body]).toEqual(["fresh", "a=1"]);
  });

  it("sends a stream that a function returns, a new one at each call", async () => {
    await using server = await startScriptedServer({ otherwise: (connection) => connection.echo() });
    const body = () => new Blob(["a stream"]).stream();
    for (let i = 0; i < 2; i++)
      await sendRequest(server.url, { method: "POST", body }, "", new AbortController().signal);
    expect(server.connections.map((connection) => connection.body)).toEqual(["a stream", "a stream"]);
  });

  it("sends the last event ID as UTF-8, instead of one among the headers", async () => {
    const headers = { "last-event-id": "first" };
    expect((await seenBy({ headers })).lastEventId).toBe("first");
    expect((await seenBy({ headers }, "größe-€-😀")).lastEventId).toBe("größe-€-😀");
  });

  it.each([
    [true, "include"],
    [false, undefined],
    [undefined, undefined],
  ])("with withCredentials %s has the credentials mode %s", async (withCredentials, credentials) => {
    const fetch = vi.fn(async (_url: string, _init: RequestInit) => new Response());
    await sendRequest("http://a.example/", { fetch, withCredentials }, "", new AbortController().signal);
    expect(fetch.mock.calls[0]?.[1]).toMatchObject({ cache: "no-store" });
    expect(fetch.mock.calls[0]?.[1].credentials).toBe(credentials);
  });

  it("rejects with the error of a function, and then sends nothing", async () => {
    await using server = await startScriptedServer(echo);
    const failing = { headers: () => Promise.reject(new Error("no token")) };
    await expect(sendRequest(server.url, failing, "", new AbortController().signal)).rejects.toThrow("no token");
    expect(server.connections).toEqual([]);
  });

  it("leaves no answer open once the signal aborts, also if fetch ignores the signal", async () => {
    await using server = await startScriptedServer();
    const controller = new AbortController();
    const ignoring = (url: string) => fetch(url);
    const answer = sendRequest(server.url, { fetch: ignoring }, "", controller.signal);
    const rejected = expect(answer).rejects.toMatchObject({ name: "AbortError" });
    const connection = await server.next();
    controller.abort();
    connection.open();
    await rejected;
    await connection.gone();
  });
});

describe("checkRequest()", () => {
  it.each<[string, RequestOptions]>([
    ["fetch is no function", { fetch: 7 as never }],
    ["a method that HTTP does not allow", { method: "GE T" }],
    ["a forbidden method", { method: "TRACE" }],
    ["headers that HTTP does not allow", { headers: { "a b": "c" } }],
    ["a body with GET", { body: "text" }],
    ["a body that is a stream", { method: "POST", body: new ReadableStream() }],
  ])("throws for %s", (_, options) => {
    expect(() => checkRequest(options)).toThrow(
      expect.objectContaining({ name: "SluiceError", code: "INVALID_OPTION" }),
    );
  });

  it("accepts what a request can have, and functions unseen", () => {
    checkRequest({});
    checkRequest({ method: "REPORT", headers: [["a", "b"]], body: new FormData() });
    checkRequest({ method: "POST", headers: () => ({ "a b": "c" }), body: () => "text" });
  });
});
