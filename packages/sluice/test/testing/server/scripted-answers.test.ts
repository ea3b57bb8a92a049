import { describe, expect, it } from "vitest";
import { type Script, type ScriptedServer, startScriptedServer } from "../../../src/testing/index.ts";
import { readEventStream } from "../../support/patient-testing.ts";

/** Both ways to a scripted server: over a socket, and within the process. */
const WAYS = [
  { way: "over a socket", sockets: true, ask: (_: ScriptedServer) => fetch },
  { way: "by server.fetch", sockets: false, ask: (server: ScriptedServer) => server.fetch },
];

describe.each(WAYS)("a scripted answer $way", ({ sockets, ask }) => {
  const start = (...scripts: Script[]) => startScriptedServer({ scripts, sockets });

  it("is an event stream that the script sends, piece by piece, and ends", async () => {
    await using server = await start(async (connection) => {
      await connection.send("id: 1\ndata: on");
      await connection.send(new TextEncoder().encode("e\n\ndata: two\n\n"));
      connection.end();
    });
    const response = await ask(server)(server.url);
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    await using stream = await readEventStream(response);
    expect(await stream.rest()).toEqual([
      { type: "message", data: "one", lastEventId: "1" },
      { type: "message", data: "two", lastEventId: "1" },
    ]);
  });

  it("arrives in pieces of the given size", async () => {
    const text = "data: ä long text\n\n";
    await using server = await start(async (connection) => {
      await connection.send(text, { size: 1, pause: 1 });
      connection.end();
    });
    const sizes: number[] = [];
    const { body } = await ask(server)(server.url);
    for await (const bytes of body as unknown as AsyncIterable<Uint8Array>) sizes.push(bytes.length);
    expect(sizes.length).toBeGreaterThan(2);
    expect(sizes.reduce((sum, size) => sum + size)).toBe(new TextEncoder().encode(text).length);
  });

  it("shows the request: method, path, headers, body, and the last event ID as text", async () => {
    await using server = await start((connection) => connection.echo());
    const response = await ask(server)(`${server.url}orders?after=7`, {
      method: "POST",
      headers: { "x-trace": "abc", "last-event-id": String.fromCharCode(...new TextEncoder().encode("größe")) },
      body: "größer",
    });
    const [event] = await (await readEventStream(response)).take(1);
    expect(JSON.parse(event?.data ?? "")).toMatchObject({
      method: "POST",
      path: "/orders?after=7",
      headers: { "x-trace": "abc" },
      body: "größer",
      lastEventId: "größe",
    });
    expect(server.connections[0]?.lastEventId).toBe("größe");
  });

  it("fails at the client if the script cuts it in the middle of a line", async () => {
    await using server = await start(async (connection) => {
      await connection.send("data: 1\n\ndata: unfini");
      connection.cut();
    });
    const stream = await readEventStream(await ask(server)(server.url));
    expect((await stream.next()).data).toBe("1");
    await expect(stream.next()).rejects.toThrow("terminated");
  });

  it("fails at the client if the script cuts it before the head", async () => {
    await using server = await start((connection) => connection.cut());
    await expect(ask(server)(server.url)).rejects.toThrow(TypeError);
  });

  it("fails at the client if the server closes its side only", async () => {
    await using server = await start(async (connection) => {
      await connection.send("data: 1\n\n");
      connection.halfClose();
    });
    const stream = await readEventStream(await ask(server)(server.url));
    expect((await stream.next()).data).toBe("1");
    await expect(stream.next()).rejects.toThrow("terminated");
    await server.connections[0]?.gone();
  });

  it("may have any status, content type and headers", async () => {
    await using server = await start((connection) => {
      connection.open({ status: 201, type: "text/html; charset=ascii", headers: { "x-a": "b" } });
      connection.end();
    });
    const { status, headers } = await ask(server)(server.url);
    expect([status, headers.get("content-type"), headers.get("x-a")]).toEqual([201, "text/html; charset=ascii", "b"]);
  });

  it("may be a whole answer with Retry-After, or one without a body", async () => {
    await using server = await start(
      (connection) => connection.answer(503, { retryAfter: 2, body: "<h1>Later</h1>", type: "text/html" }),
      (connection) => connection.answer(204),
      (connection) => connection.answer(404),
    );
    const later = await ask(server)(server.url);
    expect([later.status, later.headers.get("retry-after"), later.headers.get("content-type")]).toEqual([
      503,
      "2",
      "text/html",
    ]);
    expect(await later.text()).toBe("<h1>Later</h1>");
    expect((await ask(server)(server.url)).status).toBe(204);
    const missing = await ask(server)(server.url);
    expect([missing.status, await missing.text()]).toEqual([404, ""]);
  });

  it("has no body if the request is HEAD", async () => {
    await using server = await start((connection) => connection.answer(200, { body: "text" }));
    const response = await ask(server)(server.url, { method: "HEAD" });
    expect([response.headers.get("content-length"), await response.text()]).toEqual(["4", ""]);
  });

  it.each([
    [301, "POST", "GET", ""],
    [302, "POST", "GET", ""],
    [303, "PUT", "GET", ""],
    [307, "POST", "POST", "text"],
    [308, "PUT", "PUT", "text"],
    [301, "PUT", "PUT", "text"],
  ])("redirects with %i: %s becomes %s", async (status, method, then, body) => {
    await using server = await start(
      (connection) => connection.redirect(status, "/b?c"),
      (connection) => connection.answer(200, { body: `${connection.method} ${connection.path} ${connection.body}` }),
    );
    const response = await ask(server)(`${server.url}a`, { method, body: "text" });
    expect(await response.text()).toBe(`${then} /b?c ${body}`);
    expect([response.url, response.redirected]).toEqual([`${server.url}b?c`, true]);
  });

  it("is invalid UTF-8 where the script asks for it", async () => {
    await using server = await start((connection) => connection.sendInvalidUtf8());
    const stream = await readEventStream(await ask(server)(server.url));
    expect((await stream.next()).data).toBe("a\uFFFDb");
    await stream.close();
  });

  it("stalls for a time, or until the client has left", async () => {
    const over: string[] = [];
    await using server = await start(async (connection) => {
      connection.open();
      await connection.stall(20);
      over.push(`open: ${!connection.isClosed}`);
      await connection.stall();
      over.push(`open: ${!connection.isClosed}`);
    });
    const controller = new AbortController();
    await ask(server)(server.url, { signal: controller.signal });
    await expect.poll(() => over).toEqual(["open: true"]);
    controller.abort();
    await expect.poll(() => over).toEqual(["open: true", "open: false"]);
  });

  it("cannot be sent to a client that has left, nor begin twice", async () => {
    await using server = await startScriptedServer({ sockets });
    const controller = new AbortController();
    const answered = ask(server)(server.url, { signal: controller.signal });
    const connection = await server.next();
    connection.open();
    expect(() => connection.open()).toThrow(expect.objectContaining({ code: "ALREADY_ANSWERED" }));
    await expect(connection.answer(200)).rejects.toMatchObject({ code: "ALREADY_ANSWERED" });
    await answered;
    controller.abort();
    await connection.gone();
    await expect(connection.send("data: 1\n\n")).rejects.toMatchObject({ code: "CLOSED" });
  });

  it.each<[string, Script]>([
    ["no option `statuss`", (connection) => connection.open({ statuss: 200 } as never)],
    ["`status` must be", (connection) => connection.open({ status: 99 })],
    ["`status` must be one of 301", (connection) => connection.redirect(300, "/")],
    ["`location` must be a URL as text", (connection) => connection.redirect(302, undefined as never)],
    ["`retryAfter` must be seconds", (connection) => connection.answer(503, { retryAfter: {} as never })],
    ["`body` must be no text with status 204", (connection) => connection.answer(204, { body: "x" })],
    ["`size` must be", (connection) => connection.send("x", { size: 0 })],
    ["`data` must be text or bytes", (connection) => connection.send(7 as never)],
    ["`chunked` must be", (connection) => connection.open({ chunked: 1 as never })],
    ["`reset` must be", (connection) => connection.cut({ reset: 1 as never })],
    ["`cut options` must be an object", (connection) => connection.cut(null as never)],
    ["`status` must be", (connection) => connection.open({ status: null as never })],
    ["`headers` must be", (connection) => connection.open({ headers: [["a", "b"]] as never })],
    ["`type` must be", (connection) => connection.answer(200, { type: 5 as never })],
    ["`headers` must be", (connection) => connection.answer(200, { headers: { a: 5 } as never })],
  ])("is refused if it is wrong: %s", async (message, script) => {
    const server = await start(script);
    await expect(ask(server)(server.url)).rejects.toThrow(TypeError);
    await expect(server.close()).rejects.toThrow(message);
  });
});

describe("a scripted answer over a socket", () => {
  it("ends with the connection if it is not chunked", async () => {
    await using server = await startScriptedServer({
      scripts: [
        async (connection) => {
          connection.open({ chunked: false });
          await connection.send("data: 1\n\n");
          connection.cut();
        },
      ],
    });
    const response = await fetch(server.url);
    expect(response.headers.get("transfer-encoding")).toBe(null);
    expect(await response.text()).toBe("data: 1\n\n");
  });

  it("can be cut by a TCP reset", async () => {
    await using server = await startScriptedServer();
    const answered = fetch(server.url);
    (await server.next()).cut({ reset: true });
    await expect(answered).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
  });
});
