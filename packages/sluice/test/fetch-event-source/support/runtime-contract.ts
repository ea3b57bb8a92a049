import { describe, expect, it } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../../src/testing/index.ts";
import { runtimeOf } from "../../client/event-source/support/event-source-contract.ts";
import type { Runtime, RuntimeKind } from "../../client/support/runtimes/runtime.ts";

const TEN_MB = 10 * 1024 * 1024;
const EVENT = "id: größe-1\r\nevent: n\ndata: 😀 first\r\ndata: second\n\n";

/** `fetchEventSource()` in a runtime, also under faults. `step`: the connection is cut at every `step`th byte. */
export function runtimeContract(kind: RuntimeKind, step: number): void {
  describe(`fetchEventSource() in ${kind.name}`, () => {
    const run = runtimeOf(kind);

    it("posts a body with headers, and gives the answer, each event and the end to the callbacks", async () => {
      const otherwise = async (connection: ScriptedConnection) => {
        await connection.echo();
        await connection.send(`: ping\n\n${EVENT}`);
        connection.end();
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const [request, ...log] = await run(async ({ fetchEventSource }, url) => {
        const log: unknown[] = [];
        await fetchEventSource(url, {
          method: "POST",
          headers: { "X-Own": "1" },
          body: "prompt",
          onopen: async (response) => void log.push(response.status),
          onmessage: (message) => log.push(message),
          onclose: () => log.push("close"),
        });
        return log.toSpliced(0, 2, log[1], log[0]);
      }, server.url);
      const { data } = request as { data: string };
      expect(JSON.parse(data)).toMatchObject({
        method: "POST",
        headers: { "x-own": "1", accept: "text/event-stream, */*" },
        body: "prompt",
      });
      const message = { id: "größe-1", event: "n", data: "😀 first\nsecond" };
      expect(log).toEqual([200, message, "close"]);
      expect(server.connections).toHaveLength(1);
    });

    it(`gives each event once if the connection is cut at any byte (step: ${step})`, async () => {
      const bytes = new TextEncoder().encode(EVENT);
      const otherwise = async (connection: ScriptedConnection) => {
        const length = Number(connection.path.slice(1));
        await connection.send("id: before\n\n");
        if (connection.lastEventId === "") {
          await connection.send(bytes.slice(0, length));
          // The end of a connection may overtake bytes that the client has not read.
          await connection.stall(20);
          return connection.cut();
        }
        if (connection.lastEventId === "before") await connection.send(EVENT);
        await connection.send("data: last\n\n");
        connection.end();
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      for (let length = 0; length <= bytes.length; length += step) {
        const seen = await run(async ({ fetchEventSource }, url) => {
          const seen: string[] = [];
          await fetchEventSource(url, { onmessage: ({ data }) => void seen.push(data), onerror: () => 1 });
          return seen;
        }, `${server.url}${length}`);
        expect([length, seen]).toEqual([length, ["😀 first\nsecond", "last"]]);
      }
    });

    it("gives each event once while the server restarts and a proxy answers with 502", async () => {
      const count = 200;
      const page = `<html><body>${"<h1>502 Bad Gateway</h1>".repeat(500)}</body></html>`;
      let requests = 0;
      const otherwise = async (connection: ScriptedConnection) => {
        if (++requests % 3 === 2) return connection.answer(502, { type: "text/html", body: page });
        for (let id = Number(connection.lastEventId) + 1; id <= count; id++)
          await connection.send(`id: ${id}\ndata: ${id}\n\n`, { pause: 1 });
        connection.end();
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const received = run(async ({ fetchEventSource }, url) => {
        const seen: string[] = [];
        await fetchEventSource(url, {
          onmessage: ({ data }) => void seen.push(data),
          onclose() {
            if (seen.length < 200) throw new Error("too soon");
          },
          onerror: () => 5,
        });
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
      expect(await ended).toEqual(Array.from({ length: count }, (_, i) => `${i + 1}`));
      expect(restarts).toBeGreaterThan(2);
    });

    it("reads a slow network, and events of 10 MB", async () => {
      const otherwise = async (connection: ScriptedConnection) => {
        await connection.stall(100);
        connection.open();
        await connection.send(EVENT, { size: 1, pause: 2 });
        await connection.send(`data: ${"x".repeat(TEN_MB)}\n\n${`data: ${"y".repeat(1023)}\n`.repeat(10 * 1024)}\n`);
        connection.end();
      };
      await using server = await startScriptedServer({ cors: true, otherwise });
      const seen = await run(async ({ fetchEventSource }, url) => {
        const seen: unknown[] = [];
        await fetchEventSource(url, { onmessage: ({ data }) => void seen.push([data.length, data.at(-1)]) });
        return seen;
      }, server.url);
      expect(seen).toEqual([
        ["😀 first\nsecond".length, "d"],
        [TEN_MB, "x"],
        [TEN_MB - 1, "y"],
      ]);
    });

    it("reads no further while `onmessage` is busy, and ends the connection when the signal aborts", async () => {
      let sent = 0;
      const otherwise = async (connection: ScriptedConnection) => {
        const text = `data: ${"z".repeat(64 * 1024)}\n\n`;
        for (; sent < 2_000; sent++) await connection.send(text);
      };
      await using server = await startScriptedServer({ cors: true, timeout: 20_000, otherwise });
      const received = await run(async ({ fetchEventSource, sleep }, url) => {
        const controller = new AbortController();
        let count = 0;
        const done = fetchEventSource(url, {
          signal: controller.signal,
          onmessage: () => ++count && sleep(800),
        });
        await sleep(1_200);
        controller.abort();
        await done;
        return count;
      }, server.url);
      expect(received).toBeLessThan(3);
      if (!kind.readsAhead) expect(sent).toBeLessThan(1_500);
      await server.connections[0]?.gone();
    });
    if (kind.isBrowser) hiddenContract(run);
  });
}

/** The pages of a browser. */
function hiddenContract(run: Runtime["run"]): void {
  it("closes a hidden page only if it should, and resumes when the page is visible", async () => {
    const otherwise = async (connection: ScriptedConnection) => {
      let id = Number(connection.lastEventId);
      while (!connection.isClosed) await connection.send(`id: ${++id}\ndata: ${id}\n\n`, { pause: 20 });
    };
    await using server = await startScriptedServer({
      cors: true,
      otherwise: (each) => otherwise(each).catch(() => {}),
    });
    const counts = await run(async ({ fetchEventSource, sleep }, url) => {
      const show = (state: string) => {
        Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
      };
      const counts: boolean[] = [];
      for (const openWhenHidden of [true, false]) {
        const controller = new AbortController();
        const seen: string[] = [];
        const onmessage = ({ data }: { data: string }) => void seen.push(data);
        const done = fetchEventSource(url, { openWhenHidden, onmessage, signal: controller.signal });
        while (seen.length < 3) await sleep(20);
        show("hidden");
        await sleep(50);
        const { length } = seen;
        await sleep(400);
        counts.push(seen.length > length);
        show("visible");
        const hidden = seen.length;
        while (seen.length < hidden + 3) await sleep(20);
        controller.abort();
        await done;
        counts.push(seen.every((data, index) => data === `${index + 1}`));
      }
      return counts;
    }, server.url);
    expect(counts).toEqual([true, true, false, true]);
    expect(server.connections).toHaveLength(3);
  });
}
