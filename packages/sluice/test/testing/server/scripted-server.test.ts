import { createConnection } from "node:net";
import { describe, expect, it } from "vitest";
import { startScriptedServer } from "../../../src/testing/index.ts";

describe("a scripted server", () => {
  it("answers requests by its scripts in turn, then by `otherwise`", async () => {
    await using server = await startScriptedServer({
      scripts: [(connection) => connection.answer(200, { body: "first" })],
      otherwise: (connection) => connection.answer(200, { body: "other" }),
    });
    server.script((connection) => connection.answer(200, { body: "second" }));
    const texts: string[] = [];
    for (let i = 0; i < 4; i++) texts.push(await (await fetch(server.url)).text());
    expect(texts).toEqual(["first", "second", "other", "other"]);
    expect(server.connections.length).toBe(4);
  });

  it("gives requests without a script to the calls of next(), in order, whichever comes first", async () => {
    await using server = await startScriptedServer();
    const answers = [fetch(`${server.url}1`)];
    const first = await server.next();
    const later = [server.next(), server.next()];
    answers.push(fetch(`${server.url}2`));
    const second = await (later[0] as (typeof later)[0]);
    answers.push(fetch(`${server.url}3`));
    const third = await (later[1] as (typeof later)[1]);
    for (const connection of [first, second, third]) await connection.answer(200, { body: connection.path });
    const texts = await Promise.all(answers.map(async (answer) => (await answer).text()));
    expect(texts).toEqual(["/1", "/2", "/3"]);
  });

  it("fails next() if no request comes in time, and gives the next request to the next call", async () => {
    await using server = await startScriptedServer({ sockets: false, timeout: 50 });
    await expect(server.next()).rejects.toThrow("Expected a request after 0 within the time limit.");
    void server.fetch(server.url).catch(() => undefined);
    const connection = await server.next();
    await expect(connection.gone()).rejects.toThrow("Expected the end of GET / within the time limit.");
  });

  it("resolves gone() when the client has left", async () => {
    await using server = await startScriptedServer();
    const controller = new AbortController();
    const answer = fetch(server.url, { signal: controller.signal });
    const connection = await server.next();
    expect(connection.isClosed).toBe(false);
    controller.abort();
    await expect(answer).rejects.toThrow("abort");
    await connection.gone();
    expect(connection.isClosed).toBe(true);
  });

  it("cuts its connections and refuses new ones while it is stopped, and starts on the same port again", async () => {
    await using server = await startScriptedServer();
    const { url } = server;
    const held = fetch(url);
    await server.next();
    await server.stop();
    await expect(held).rejects.toThrow("fetch failed");
    await expect(fetch(url)).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" } });
    await server.start();
    await server.start();
    const again = fetch(url);
    await (await server.next()).answer(200, { body: "again" });
    expect([server.url, await (await again).text()]).toEqual([url, "again"]);
  });

  it("does the same without sockets", async () => {
    await using server = await startScriptedServer({ sockets: false });
    const held = server.fetch(server.url);
    await server.next();
    await server.stop();
    await expect(held).rejects.toThrow(TypeError);
    await expect(server.fetch(server.url)).rejects.toThrow(TypeError);
    await server.start();
    const again = server.fetch(server.url);
    await (await server.next()).answer(204);
    expect((await again).status).toBe(204);
  });

  it("cuts the connection of a script that fails, and fails next() or close() with its error, once", async () => {
    const scripts = [1, 2].map((n) => () => Promise.reject(new Error(`script ${n}`)));
    const server = await startScriptedServer({ scripts });
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
    await expect(server.next()).rejects.toThrow("script 1");
    await expect(fetch(server.url)).rejects.toThrow("fetch failed");
    await expect(server.close()).rejects.toThrow("script 2");
    await server.close();
  });

  it("does not fail if a client leaves in the middle of a script", async () => {
    let isOver = false;
    const server = await startScriptedServer({
      scripts: [
        async (connection) => {
          try {
            for (;;) await connection.send(": more\n", { pause: 1 });
          } finally {
            isOver = true;
          }
        },
      ],
    });
    const { body } = await fetch(server.url);
    await body?.cancel();
    await expect.poll(() => isOver).toBe(true);
    await server.close();
  });

  it("scripts no request whose client leaves before the request is complete", async () => {
    await using server = await startScriptedServer();
    const socket = createConnection(Number(new URL(server.url).port), "127.0.0.1");
    await new Promise<void>((resolve) => {
      socket.write("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf", () => resolve());
    });
    socket.destroy();
    const answer = fetch(`${server.url}next`);
    const connection = await server.next();
    expect(connection.path).toBe("/next");
    await connection.answer(204);
    await answer;
  });

  it("answers preflights and lets other origins read with `cors`", async () => {
    await using server = await startScriptedServer({ cors: true, otherwise: (connection) => connection.answer(200) });
    const preflight = await fetch(server.url, {
      method: "OPTIONS",
      headers: {
        origin: "http://page.example",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "x-a,last-event-id",
      },
    });
    expect(preflight.status).toBe(204);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      "access-control-allow-origin": "http://page.example",
      "access-control-allow-credentials": "true",
      "access-control-allow-methods": "PUT",
      "access-control-allow-headers": "x-a,last-event-id",
    });
    const { headers } = await fetch(server.url, { headers: { origin: "http://page.example" } });
    expect(headers.get("access-control-allow-origin")).toBe("http://page.example");
    expect(server.connections.length).toBe(1);
  });

  it("follows no redirects by server.fetch if the request forbids it", async () => {
    const otherwise = (connection: { redirect(status: number, to: string): Promise<void> }) =>
      connection.redirect(302, "/again");
    await using server = await startScriptedServer({ sockets: false, otherwise });
    expect((await server.fetch(server.url, { redirect: "manual" })).status).toBe(302);
    await expect(server.fetch(server.url, { redirect: "error" })).rejects.toThrow(TypeError);
    await expect(server.fetch(server.url)).rejects.toThrow(TypeError);
    expect(server.connections.length).toBe(23);
  });

  it.each([
    [{ script: [] }, "no option `script`"],
    [{ scripts: [7] }, "`scripts` must be an array of functions"],
    [{ otherwise: 7 }, "`otherwise` must be a function"],
    [{ sockets: 1 }, "`sockets` must be true or false"],
    [{ cors: 1 }, "`cors` must be true or false"],
    [{ timeout: 0 }, "`timeout` must be"],
  ])("rejects the options %j", async (options, message) => {
    await expect(startScriptedServer(options as never)).rejects.toThrow(message);
  });
});
