import { describe, expect, it } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../../../src/testing/index.ts";
import type { RuntimeKind } from "../../support/runtimes/runtime.ts";
import { runtimeOf } from "./event-source-contract.ts";

const EVENT = "id: größe-1\r\nevent: t\ndata: 😀 first line\r\ndata: second\n\n";
/** The data of `EVENT`, as a client receives it. */
const DATA = "😀 first line\nsecond";
const TEN_MB = 10 * 1024 * 1024;

/** Faults of networks, servers and proxies. `step`: the connection is cut at every `step`th byte of an event. */
export function faultsContract(kind: RuntimeKind, step: number): void {
  describe(`EventSource in ${kind.name}, under faults`, () => {
    const run = runtimeOf(kind);

    it(`receives an event once if the connection is cut at any byte of it (every ${step}th)`, async () => {
      const bytes = new TextEncoder().encode(EVENT);
      // The server sends the event again unless the client has resumed after it.
      const otherwise = async (connection: ScriptedConnection) => {
        const length = Number(connection.path.slice(1));
        await connection.send("retry: 1\nid: before\n\n");
        if (connection.lastEventId === "") {
          await connection.send(bytes.slice(0, length));
          // The end of a connection may overtake bytes that the client has not read.
          await connection.stall(20);
          return connection.cut();
        }
        if (connection.lastEventId === "before") await connection.send(EVENT);
        await connection.send("event: t\ndata: last\n\n");
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      for (let length = 0; length <= bytes.length; length += step) {
        const log = await run(
          (scope, url) => scope.record(scope, url, { types: ["t"], until: (seen) => seen.at(-1)?.[1] === "last" }),
          `${server.url}${length}`,
        );
        const messages = log.filter(([type]) => type === "t").map(([, data]) => data);
        expect([length, messages]).toEqual([length, [DATA, "last"]]);
      }
    });

    it("receives every event once while the server restarts again and again", async () => {
      const count = 200;
      const otherwise = async (connection: ScriptedConnection) => {
        await connection.send("retry: 5\n\n");
        for (let id = Number(connection.lastEventId) + 1; id <= count; id++)
          await connection.send(`id: ${id}\ndata: ${id}\n\n`, { pause: 1 });
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const recorded = run(
        (scope, { url, count }) =>
          scope.record(scope, url, { until: (log) => log.at(-1)?.[0] === "message" && log.at(-1)?.[1] === `${count}` }),
        { url: server.url, count },
      );
      let isOver = false;
      const ended = recorded.finally(() => (isOver = true));
      let restarts = 0;
      while (!isOver && restarts < 20) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        await server.stop();
        await new Promise((resolve) => setTimeout(resolve, 10));
        await server.start();
        restarts++;
      }
      const messages = (await ended).filter(([type]) => type === "message").map(([, data]) => data);
      expect(messages).toEqual(Array.from({ length: count }, (_, i) => `${i + 1}`));
      expect(restarts).toBeGreaterThan(2);
    });

    it("fails for good at the error page of a proxy, as the standard says", async () => {
      const page = `<html><body>${"<h1>502 Bad Gateway</h1>".repeat(500)}</body></html>`;
      await using server = await startScriptedServer({ cors: true });
      const recorded = run((scope, url) => scope.record(scope, url, { until: 3, wait: 50 }), server.url);
      const first = await server.next();
      await first.send("retry: 1\n\n");
      first.end();
      await (await server.next()).answer(502, { type: "text/html", body: page });
      expect(await recorded).toEqual([
        ["open", 1],
        ["error", 0],
        ["error", 2],
      ]);
    });

    it("reads a slow network, on which bytes come one by one and the head comes late", async () => {
      const otherwise = async (connection: ScriptedConnection) => {
        await connection.stall(200);
        connection.open();
        await connection.stall(200);
        await connection.send(`: comment\n${EVENT}`, { size: 1, pause: 5 });
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const log = await run((scope, url) => scope.record(scope, url, { types: ["t"], until: 2 }), server.url);
      expect(log).toEqual([
        ["open", 1],
        ["t", DATA, "größe-1"],
      ]);
    });

    it("receives events of 10 MB, in one line and in many lines", async () => {
      const line = "x".repeat(TEN_MB);
      const lines = `data: ${"y".repeat(1023)}\n`.repeat(10 * 1024);
      const otherwise = async (connection: ScriptedConnection) => {
        await connection.send(`data: ${line}\n\n${lines}\ndata: end\n\n`);
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const seen = await run(async ({ EventSource }, url) => {
        const source = new EventSource(url);
        const seen: unknown[] = [];
        await new Promise<void>((resolve) => {
          source.onmessage = ({ data }) => {
            seen.push([data.length, data[0], data.at(-1)]);
            if (data === "end") resolve();
          };
        });
        source.close();
        return seen;
      }, server.url);
      expect(seen).toEqual([
        [TEN_MB, "x", "x"],
        [TEN_MB - 1, "y", "y"],
        [3, "e", "d"],
      ]);
    });

    it("reads no further than its listeners have come", async () => {
      let sent = 0;
      const otherwise = async (connection: ScriptedConnection) => {
        const text = `data: ${"z".repeat(64 * 1024)}\n\n`;
        for (; sent < 2_000; sent++) await connection.send(text);
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const closed = run(async ({ EventSource, next }, url) => {
        const source = new EventSource(url);
        await next(source, "message");
        // The process or the tab does nothing else meanwhile.
        const end = performance.now() + 1_000;
        while (performance.now() < end);
        source.close();
        return source.readyState;
      }, server.url);
      expect(await closed).toBe(2);
      if (!kind.readsAhead) expect(sent).toBeLessThan(1_000);
      await server.connections[0]?.gone();
    });
  });
}
