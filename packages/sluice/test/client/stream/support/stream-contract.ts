import { describe, expect, it } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../../../src/testing/index.ts";
import { runtimeOf } from "../../event-source/support/event-source-contract.ts";
import type { RuntimeKind } from "../../support/runtimes/runtime.ts";

const TEN_MB = 10 * 1024 * 1024;
/** One event in which every kind of line end, of character and of field occurs. */
const EVENT = 'id: größe-1\r\nevent: n\ndata: {"text":\r\ndata: "😀 first"}\n\n';

/** Returns the position that a request carries: in its header, or in its query if it comes from another origin. */
function positionOf({ lastEventId, path }: ScriptedConnection): string {
  return lastEventId || (new URL(path, "http://x").searchParams.get("lastEventId") ?? "");
}

/** The behaviour of `openEventStream()` in a runtime. `step`: the connection is cut at every `step`th byte. */
export function streamContract(kind: RuntimeKind, step: number): void {
  describe(`openEventStream() in ${kind.name}`, () => {
    const run = runtimeOf(kind);

    it("gives typed events to listeners and to an iteration, and ends with the event that `until` names", async () => {
      const otherwise = (connection: ScriptedConnection) => connection.send(`${EVENT}event: end\ndata: [1]\n\n`);
      await using server = await startScriptedServer({ cors: true, otherwise });
      const seen = await run(async ({ openEventStream }, url) => {
        const stream = openEventStream(url, { until: "end" });
        const seen: unknown[] = [];
        stream.on("n", (data) => seen.push(["on", data]));
        for await (const { type, data, id } of stream) seen.push([type, data, id]);
        return [...seen, await stream.closed, stream.lastEventId];
      }, server.url);
      expect(seen).toEqual([
        ["on", { text: "😀 first" }],
        ["n", { text: "😀 first" }, "größe-1"],
        ["end", [1], "größe-1"],
        { type: "completed" },
        "größe-1",
      ]);
    });

    it("sends a method, headers and a body, and the position without a preflight if the origin differs", async () => {
      await using server = await startScriptedServer({ cors: true, otherwise: (connection) => connection.echo() });
      const requests = await run(async ({ openEventStream }, url) => {
        const seen: unknown[] = [];
        for (const options of [
          { method: "POST", headers: async () => ({ "x-own": "1" }), body: "hello", lastEventId: "7 ü" },
          { lastEventId: "8" },
        ]) {
          const stream = openEventStream(url, options);
          for await (const { data } of stream) {
            seen.push(data);
            break;
          }
        }
        return seen;
      }, server.url);
      expect(requests).toMatchObject([
        { method: "POST", headers: { "x-own": "1", accept: "text/event-stream, */*" }, body: "hello" },
        { method: "GET", body: "" },
      ]);
      expect(server.connections.map(positionOf)).toEqual(["7 ü", "8"]);
      expect(server.connections.map(({ lastEventId }) => lastEventId)).toEqual(
        kind.isBrowser ? ["", ""] : ["7 ü", "8"],
      );
    });

    it("resumes after a restart of the program from the position that a store has kept", async () => {
      const otherwise = async (connection: ScriptedConnection) => {
        const next = Number(positionOf(connection)) + 1;
        for (let id = next; id < next + 3; id++) await connection.send(`id: ${id}\nevent: n\ndata: ${id}\n\n`);
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const seen = await run(async ({ openEventStream }, url) => {
        const items = new Map<string, string>();
        const persist = {
          getItem: (key: string) => items.get(key) ?? null,
          setItem: (key: string, value: string) => void items.set(key, value),
        };
        const seen: unknown[] = [];
        for (let i = 0; i < 3; i++) {
          const stream = openEventStream(url, { persist });
          await new Promise<void>((resolve) => {
            let count = 0;
            stream.on("n", (data) => {
              seen.push(data);
              if (++count === 3) resolve();
            });
          });
          await stream.close();
        }
        return seen;
      }, server.url);
      expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it("reads short streams in a row as one attempt, each from the position of the one before", async () => {
      const otherwise = async (connection: ScriptedConnection) => {
        const next = Number(positionOf(connection)) + 1;
        await connection.send(`: heartbeat=15000\nretry: 1\n\nid: ${next}\nevent: n\ndata: ${next}\n\n: sh`);
        await connection.send("ort\n\n");
        connection.end();
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const seen = await run(async ({ openEventStream }, url) => {
        const seen: unknown[] = [];
        let attempts = 0;
        const onAttemptEnd = () => void attempts++;
        const stream = openEventStream(url, { until: ({ data }) => data === 20, backoff: 1, onAttemptEnd });
        for await (const { data } of stream) seen.push(data);
        return [seen, attempts, await stream.closed];
      }, server.url);
      // The first attempt may end before the code for short streams is loaded.
      expect(seen).toEqual([
        Array.from({ length: 20 }, (_, i) => i + 1),
        expect.toBeOneOf([0, 1, 2]),
        { type: "completed" },
      ]);
      expect(server.connections).toHaveLength(20);
    });

    it("cancels the request when it is closed", async () => {
      await using server = await startScriptedServer({ cors: true });
      const closed = run(async ({ openEventStream }, url) => {
        const stream = openEventStream(url);
        await new Promise<void>((resolve) => stream.onStateChange((state) => state === "open" && resolve()));
        await stream.close();
        return stream.closed;
      }, server.url);
      const connection = await server.next();
      await connection.send(":\n\n");
      expect(await closed).toEqual({ type: "closed" });
      await connection.gone();
    });

    it(`gives each event once if the connection is cut at any byte (step: ${step})`, async () => {
      const bytes = new TextEncoder().encode(EVENT);
      const otherwise = async (connection: ScriptedConnection) => {
        const length = Number(new URL(connection.path, "http://x").pathname.slice(1));
        const position = positionOf(connection);
        await connection.send("retry: 1\nid: before\n\n");
        if (position === "") {
          await connection.send(bytes.slice(0, length));
          // The end of a connection may overtake bytes that the client has not read.
          await connection.stall(20);
          return connection.cut();
        }
        if (position === "before") await connection.send(EVENT);
        await connection.send("event: end\ndata: end\n\n");
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      for (let length = 0; length <= bytes.length; length += step) {
        const seen = await run(async ({ openEventStream }, url) => {
          const seen: unknown[] = [];
          const stream = openEventStream(url, { until: "end", backoff: 1, maxBackoff: 1 });
          for await (const { data } of stream) seen.push(data);
          return seen;
        }, `${server.url}${length}`);
        expect([length, seen]).toEqual([length, [{ text: "😀 first" }, "end"]]);
      }
    });

    it("gives each event once while the server restarts and a proxy answers with 502", async () => {
      const count = 200;
      const page = `<html><body>${"<h1>502 Bad Gateway</h1>".repeat(500)}</body></html>`;
      let requests = 0;
      const otherwise = async (connection: ScriptedConnection) => {
        if (++requests % 3 === 2) return connection.answer(502, { type: "text/html", body: page });
        await connection.send("retry: 5\n\n");
        for (let id = Number(positionOf(connection)) + 1; id <= count; id++)
          await connection.send(`id: ${id}\nevent: n\ndata: ${id}\n\n`, { pause: 1 });
        await connection.send("event: end\ndata: end\n\n");
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const received = run(async ({ openEventStream }, url) => {
        const seen: unknown[] = [];
        const stream = openEventStream(url, { until: "end", backoff: 1, maxBackoff: 10 });
        for await (const { data } of stream) seen.push(data);
        return seen;
      }, server.url);
      let isOver = false;
      const ended = received.finally(() => (isOver = true));
      let restarts = 0;
      while (!isOver && restarts < 20) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        await server.stop();
        await new Promise((resolve) => setTimeout(resolve, 10));
        await server.start();
        restarts++;
      }
      expect(await ended).toEqual([...Array.from({ length: count }, (_, i) => i + 1), "end"]);
      expect(restarts).toBeGreaterThan(2);
    });

    it("reads a slow network, and events of 10 MB", async () => {
      const otherwise = async (connection: ScriptedConnection) => {
        await connection.stall(100);
        connection.open();
        await connection.send(EVENT, { size: 1, pause: 2 });
        await connection.send(`event: large\ndata: "${"x".repeat(TEN_MB)}"\n\nevent: end\ndata: end\n\n`);
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const seen = await run(async ({ openEventStream }, url) => {
        const seen: unknown[] = [];
        const stream = openEventStream<Record<string, string>>(url, { until: "end" });
        for await (const { type, data } of stream) seen.push([type, type === "large" ? data.length : data]);
        return seen;
      }, server.url);
      expect(seen).toEqual([
        ["n", { text: "😀 first" }],
        ["large", TEN_MB],
        ["end", "end"],
      ]);
    });

    it("reads no further while a consumer is busy", async () => {
      let sent = 0;
      const otherwise = async (connection: ScriptedConnection) => {
        const text = `event: n\ndata: "${"z".repeat(64 * 1024)}"\n\n`;
        for (; sent < 2_000; sent++) await connection.send(text);
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const received = await run(async ({ openEventStream, sleep }, url) => {
        const stream = openEventStream(url);
        let received = 0;
        for await (const _ of stream) if (++received === 2) break;
        await sleep(1);
        const busy = openEventStream(url);
        let count = 0;
        busy.on("n", () => ++count && sleep(1_000));
        await sleep(1_500);
        await busy.close();
        return [received, count];
      }, server.url);
      expect(received).toEqual([2, 2]);
      if (!kind.readsAhead) expect(sent).toBeLessThan(1_500);
    });
  });
}
