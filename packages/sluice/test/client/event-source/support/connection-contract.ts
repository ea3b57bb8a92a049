import { expect, it } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../../../src/testing/index.ts";
import type { Run } from "./event-source-contract.ts";

/** Firefox passes a head on with the first byte of its body. */
const COMMENT = ":\n\n";
const RETRY = "retry: 1\n\n";

/** How a connection begins and ends, and what follows. */
export function connectionContract(run: Run): void {
  it.each([204, 205, 210, 299, 301, 400, 401, 404, 410, 429, 500, 502, 503])(
    "fails for good if the status is %i",
    async (status) => {
      await using server = await startScriptedServer({
        cors: true,
        otherwise: (connection) =>
          connection.answer(status, {
            type: "text/event-stream",
            headers: { "retry-after": "0" },
            body: status === 204 || status === 205 ? "" : "retry: 1\ndata: no\n\n",
          }),
      });
      const log = await run((scope, url) => scope.record(scope, url, { until: 1, wait: 30 }), server.url);
      expect(log).toEqual([["error", 2]]);
      expect(server.connections.length).toBe(1);
    },
  );

  it.each(["text/x-bogus", "text/event-stream-2", "", "text/html, text/html"])(
    "fails for good if the type is %j, and closes the connection",
    async (type) => {
      await using server = await startScriptedServer({ cors: true });
      const recorded = run((scope, url) => scope.record(scope, url, { until: 1, wait: 30 }), server.url);
      const connection = await server.next();
      connection.open({ type: type || "text/plain", headers: type === "" ? { "content-type": "" } : {} });
      await connection.send(COMMENT);
      await connection.gone();
      expect(await recorded).toEqual([["error", 2]]);
      expect(server.connections.length).toBe(1);
    },
  );

  it("ends the connection of an answer that it refuses, also if the answer goes on", async () => {
    await using server = await startScriptedServer({ cors: true });
    const failed = run(async ({ EventSource, next }, url) => {
      const source = new EventSource(url);
      await next(source, "error");
      Object.assign(globalThis, { kept: source });
      return source.readyState;
    }, server.url);
    const connection = await server.next();
    connection.open({ status: 404 });
    await connection.send(COMMENT);
    expect(await failed).toBe(2);
    await connection.gone();
  });

  it("dispatches a plain `error` event that says why", async () => {
    await using server = await startScriptedServer({
      cors: true,
      otherwise: (connection) => connection.answer(503, { body: "Later", type: "text/html" }),
    });
    const seen = await run(async ({ EventSource, next }, url) => {
      const source = new EventSource(url);
      const event = (await next(source, "error")) as unknown as ErrorEvent & { code: number };
      const { type, bubbles, cancelable, message, code } = event;
      return { type, bubbles, cancelable, hasData: "data" in event, message, code };
    }, server.url);
    expect(seen).toEqual({
      type: "error",
      bubbles: false,
      cancelable: false,
      hasData: false,
      message: "Expected an event stream, but got 503, text/html",
      code: 503,
    });
  });

  it.each(["TEXT/Event-Stream", "text/event-stream;charset=utf-8", "text/event-stream; a=b;"])(
    "accepts the type %j",
    async (type) => {
      await using server = await startScriptedServer({
        cors: true,
        otherwise: (connection) => {
          connection.open({ type });
          return connection.send(COMMENT);
        },
      });
      const log = await run((scope, url) => scope.record(scope, url, { until: 1 }), server.url);
      expect(log).toEqual([["open", 1]]);
    },
  );

  it.each([301, 302, 303, 307, 308])(
    "follows a redirect with %i to another server, whose origin it shows",
    async (status) => {
      await using target = await startScriptedServer({
        cors: true,
        otherwise: (connection) => connection.send("data: here\n\n"),
      });
      await using server = await startScriptedServer({
        cors: true,
        otherwise: (connection) => connection.redirect(status, `${target.url}b`),
      });
      const [origin, url] = await run(async ({ EventSource, next }, url) => {
        const source = new EventSource(url);
        const event = await next(source, "message");
        source.close();
        return [event.origin, source.url];
      }, server.url);
      expect([origin, url]).toEqual([new URL(target.url).origin, server.url]);
      expect(target.connections[0]?.path).toBe("/b");
    },
  );

  it("asks the first URL again after a redirected stream has ended", async () => {
    await using server = await startScriptedServer({ cors: true });
    const recorded = run((scope, url) => scope.record(scope, url, { until: 5 }), `${server.url}a`);
    await (await server.next()).redirect(302, "/b");
    const redirected = await server.next();
    await redirected.send(`${RETRY}id: 1\ndata: 1\n\n`);
    redirected.end();
    const again = await server.next();
    expect([redirected.path, again.path, again.lastEventId]).toEqual(["/b", "/a", "1"]);
    await again.send("data: 2\n\n");
    expect((await recorded).map(([type]) => type)).toEqual(["open", "message", "error", "open", "message"]);
  });

  const ends: [string, (connection: ScriptedConnection) => void][] = [
    ["the body ends", (connection) => connection.end()],
    ["the connection is cut", (connection) => connection.cut()],
    ["the server closes its side of the connection", (connection) => connection.halfClose()],
  ];
  it.each(ends)("reconnects with the last event ID if %s", async (_, end) => {
    await using server = await startScriptedServer({ cors: true });
    const recorded = run((scope, url) => scope.record(scope, url, { until: 5 }), server.url);
    const first = await server.next();
    await first.send(`${RETRY}id: größe-1\ndata: 1\n\n`);
    // A runtime may hand over the bytes and the end of the connection together.
    await new Promise((resolve) => setTimeout(resolve, 50));
    end(first);
    const second = await server.next();
    expect([first.lastEventId, second.lastEventId]).toEqual(["", "größe-1"]);
    await second.send("data: 2\n\n");
    expect(await recorded).toEqual([
      ["open", 1],
      ["message", "1", "größe-1"],
      ["error", 0],
      ["open", 1],
      ["message", "2", "größe-1"],
    ]);
  });

  it("sends no last event ID after an empty one has reset it", async () => {
    await using server = await startScriptedServer({ cors: true });
    const recorded = run((scope, url) => scope.record(scope, url, { until: 5 }), server.url);
    const first = await server.next();
    await first.send(`${RETRY}id: 1\ndata: 1\n\nid:\ndata: 2\n\n`);
    first.end();
    const second = await server.next();
    await second.send(COMMENT);
    await recorded;
    expect("last-event-id" in second.headers).toBe(false);
  });

  it("keeps its position if connections end before their first block", async () => {
    await using server = await startScriptedServer({ cors: true });
    const recorded = run(
      (scope, url) => scope.record(scope, url, { until: (log) => log.at(-1)?.[1] === 2 }),
      server.url,
    );
    const first = await server.next();
    await first.send(`${RETRY}id: 1\ndata: 1\n\n`);
    first.end();
    const second = await server.next();
    await second.send("data: unfini");
    second.cut();
    (await server.next()).cut();
    const fourth = await server.next();
    expect(fourth.lastEventId).toBe("1");
    await fourth.answer(204);
    const log = await recorded;
    expect(log.slice(0, 4).map(([type]) => type)).toEqual(["open", "message", "error", "open"]);
    // A browser itself repeats a request whose kept connection was closed before the head.
    expect(log.slice(4, -1).every(([type, state]) => type === "error" && state === 0)).toBe(true);
  });

  it("reconnects after the time of `retry`, which only ASCII digits set", async () => {
    await using server = await startScriptedServer({ cors: true });
    const timed = run(async ({ EventSource, next }, url) => {
      const source = new EventSource(url);
      await next(source, "error");
      const began = performance.now();
      await next(source, "open");
      source.close();
      return performance.now() - began;
    }, server.url);
    const first = await server.next();
    await first.send("retry: 300\nretry: 1x\nretry: -1\nretry: 1.5\nretry:\nretry: ٣\nretry:  1\ndata: 1\n\n");
    first.end();
    await (await server.next()).send(COMMENT);
    // Timers of runtimes may be a little early.
    expect(await timed).toBeGreaterThan(280);
  });

  it("waits some seconds if the server has set no time, and not at once after an enormous one", async () => {
    await using server = await startScriptedServer({ cors: true });
    const recorded = run((scope, url) => scope.record(scope, url, { until: 2, wait: 150 }), server.url);
    const first = await server.next();
    first.open();
    first.end();
    await recorded;
    const again = run((scope, url) => scope.record(scope, url, { until: 2, wait: 150 }), server.url);
    const second = await server.next();
    await second.send(`retry: 99999999999999999999\n\n`);
    second.end();
    await again;
    expect(server.connections.length).toBe(2);
  });

  it("reconnects while the server is down, and opens when it is up", async () => {
    await using server = await startScriptedServer({ cors: true });
    const recorded = run(
      (scope, url) =>
        scope.record(scope, url, { until: (log) => log.filter(([type]) => type === "open").length === 2 }),
      server.url,
    );
    const first = await server.next();
    await first.send("retry: 20\nid: 1\n\n");
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.stop();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server.start();
    const again = await server.next();
    expect(again.lastEventId).toBe("1");
    await again.send(COMMENT);
    const log = await recorded;
    expect(log.length).toBeGreaterThan(3);
    expect(log.slice(1, -1).every(([type, state]) => type === "error" && state === 0)).toBe(true);
  });

  it.each(["ftp://a.invalid/", "about:blank", "mailto:ada@a.invalid", "javascript:0"])(
    "fails for good if fetch cannot request the URL: %s",
    async (url) => {
      const log = await run((scope, url) => scope.record(scope, url, { until: 1 }), url);
      expect(log).toEqual([["error", 2]]);
    },
  );

  it("fails for good if its last event ID has control characters, which no request can carry", async () => {
    await using server = await startScriptedServer({ cors: true });
    const recorded = run(async (scope, url) => {
      // As `fetch` of Node and Deno. Browsers send such a header, and servers refuse it with 400.
      const own = globalThis.fetch;
      const fetch = (href: string, init: RequestInit) => {
        const id = new Headers(init.headers).get("last-event-id") ?? "";
        return /[^\t -~]/.test(id) ? Promise.reject(new TypeError("invalid header")) : own(href, init);
      };
      return scope.record(scope, url, { options: { fetch }, until: 4, wait: 50 });
    }, server.url);
    const connection = await server.next();
    await connection.send("retry: 1\nid: a\x01b\x7f\ndata: 1\n\n");
    connection.end();
    expect(await recorded).toEqual([
      ["open", 1],
      ["message", "1", "a\x01b\x7f"],
      ["error", 0],
      ["error", 2],
    ]);
  });

  it("sends a long last event ID, and one with a tab, with each character as UTF-8", async () => {
    await using server = await startScriptedServer({ cors: true });
    const id = `größe\t豆腐 ${"x".repeat(5_000)}`;
    const recorded = run((scope, url) => scope.record(scope, url, { until: 4 }), server.url);
    const first = await server.next();
    await first.send(`retry: 1\nid: ${id}\ndata: 1\n\n`);
    first.end();
    const second = await server.next();
    expect(second.lastEventId).toBe(id);
    await second.send("data: 2\n\n");
    await recorded;
  });

  it("fails for good if the request is aborted from outside", async () => {
    const log = await run(async (scope, url) => {
      const fetch = () => Promise.reject(new DOMException("stopped", "AbortError"));
      return scope.record(scope, url, { options: { fetch }, until: 1, wait: 20 });
    }, "http://a.invalid/");
    expect(log).toEqual([["error", 2]]);
  });
}
