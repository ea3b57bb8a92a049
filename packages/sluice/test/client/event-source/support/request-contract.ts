import { expect, it } from "vitest";
import { startScriptedServer } from "../../../../src/testing/index.ts";
import type { RuntimeKind } from "../../support/runtimes/runtime.ts";
import type { Run } from "./event-source-contract.ts";

/** Firefox passes a head on with the first byte of its body. */
const COMMENT = ":\n\n";

/** The request, and the options beyond the standard. */
export function requestContract(run: Run, { isBrowser }: RuntimeKind): void {
  it("is GET for an event stream, without a cache and without a last event ID", async () => {
    await using server = await startScriptedServer({ cors: true, otherwise: (connection) => connection.send(COMMENT) });
    await run((scope, url) => scope.record(scope, url, { until: 1 }), `${server.url}a?b=c#d`);
    const [connection] = server.connections;
    expect([connection?.method, connection?.path, connection?.body]).toEqual(["GET", "/a?b=c", ""]);
    expect(connection?.headers).toMatchObject({ accept: "text/event-stream", "cache-control": "no-cache" });
    expect(connection?.headers).not.toHaveProperty("last-event-id");
    expect("origin" in (connection?.headers ?? {})).toBe(isBrowser);
  });

  it("has the headers of the option, which a function gives anew at each connect", async () => {
    await using server = await startScriptedServer({ cors: true });
    const recorded = run((scope, url) => {
      let calls = 0;
      const headers = async () => ({ authorization: `Bearer ${++calls}`, accept: "text/event-stream, */*" });
      return scope.record(scope, url, { options: { headers }, until: 3 });
    }, server.url);
    const seen: (string | undefined)[] = [];
    for (let i = 0; i < 2; i++) {
      const connection = await server.next();
      seen.push(connection.headers.authorization, connection.headers.accept);
      await connection.send("retry: 1\n\n");
      connection.end();
    }
    await recorded;
    expect(seen).toEqual(["Bearer 1", "text/event-stream, */*", "Bearer 2", "text/event-stream, */*"]);
  });

  it("carries the user name and the password of a URL as Basic credentials, unless a header has others", async () => {
    await using server = await startScriptedServer({
      cors: true,
      otherwise: (connection) => connection.send(": open\n\n"),
    });
    const seen = await run(
      async (scope, host) => {
        const urls = [`http://ada:l%C3%B6ve%20100%@${host}/`, `http://only@${host}/`, `http://:word@${host}/`];
        const headers = { authorization: "Bearer own" };
        for (const url of urls) await scope.record(scope, url, { until: 1 });
        await scope.record(scope, urls[1]!, { options: { headers }, until: 1 });
        const source = new scope.EventSource(urls[0]!);
        source.close();
        return source.url;
      },
      server.url.slice("http://".length, -1),
    );
    const sent = server.connections.map(({ headers }) => headers.authorization);
    const basic = ["ada:löve 100%", "only:", ":word"].map((text) => `Basic ${Buffer.from(text).toString("base64")}`);
    expect(sent).toEqual([...basic, "Bearer own"]);
    expect(seen).toBe(server.url.replace("http://", "http://ada:l%C3%B6ve%20100%@"));
  });

  it("has the method and the body of the options, again at each connect", async () => {
    await using server = await startScriptedServer({ cors: true });
    const recorded = run((scope, url) => {
      const headers = { "content-type": "application/json" };
      const options = { method: "REPORT", headers, body: '{"a":"ö"}' };
      return scope.record(scope, url, { options, until: 3 });
    }, server.url);
    const seen: string[][] = [];
    for (let i = 0; i < 2; i++) {
      const { method, body, headers } = await server.next();
      seen.push([method, body, headers["content-type"] ?? ""]);
      const connection = server.connections[i];
      await connection?.send("retry: 1\n\n");
      connection?.end();
    }
    await recorded;
    expect(seen).toEqual(Array.from({ length: 2 }, () => ["REPORT", '{"a":"ö"}', "application/json"]));
  });

  it("goes through the function of the option `fetch`, with a string and an init that it can extend", async () => {
    await using server = await startScriptedServer({ cors: true, otherwise: (connection) => connection.send(COMMENT) });
    const seen = await run(async (scope, url) => {
      const seen: unknown[] = [];
      const fetch = (address: string, init: RequestInit) => {
        const { cache, method, signal } = init;
        seen.push(address, cache, method ?? "GET", signal instanceof AbortSignal);
        return globalThis.fetch(address, { ...init, headers: { ...init.headers, "x-added": "1" } });
      };
      await scope.record(scope, url, { options: { fetch }, until: 1 });
      return seen;
    }, server.url);
    expect(seen).toEqual([server.url, "no-store", "GET", true]);
    expect(server.connections[0]?.headers).toMatchObject({ accept: "text/event-stream", "x-added": "1" });
  });

  it("is tried again after the reconnection time if a function for the headers rejects", async () => {
    await using server = await startScriptedServer({ cors: true });
    const seen = run(async ({ EventSource, next }, url) => {
      let calls = 0;
      const headers = async () => {
        if (++calls === 2) throw new Error("no token");
        return {};
      };
      const source = new EventSource(url, { headers });
      await next(source, "error");
      const event = (await next(source, "error")) as unknown as ErrorEvent;
      const reason = [event.message, (event.error as Error).message, source.readyState];
      await next(source, "open");
      source.close();
      return [...reason, calls];
    }, server.url);
    const first = await server.next();
    await first.send("retry: 1\n\n");
    first.end();
    await (await server.next()).send(COMMENT);
    expect(await seen).toEqual(["Error: no token", "no token", 0, 3]);
  });
}
