import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { type Implementation, Page } from "./implementations.ts";

class RetriableError extends Error {}
class FatalError extends Error {}

/** The callbacks and the promise, where the Microsoft package does what its README says. */
export function callbackContract(name: string, { fetchEventSource, EventStreamContentType }: Implementation): void {
  describe(`the callbacks of ${name}`, () => {
    beforeEach(() => void new Page());
    afterEach(() => vi.unstubAllGlobals());

    it("receive the answer, each event of any type, and the end; then the promise resolves", async () => {
      await using server = await startScriptedServer({
        otherwise: async (connection) => {
          await connection.send("id: 1\nevent: placed\nretry: 5\ndata: a\ndata: b\n\ndata: plain\n\n");
          await connection.send("event: message\r\ndata:{}\r\n\r\nid: 4\ndata:  x\n\n");
          connection.end();
        },
      });
      const log: unknown[] = [];
      const result = await fetchEventSource(server.url, {
        onopen: async (response) => {
          await Promise.resolve();
          log.push(["open", response.status, response.headers.get("content-type")]);
        },
        onmessage: (message) => log.push(message),
        onclose: () => log.push("close"),
        onerror: (error) => log.push(error),
      });
      expect(result).toBeUndefined();
      expect(log).toEqual([
        ["open", 200, EventStreamContentType],
        { id: "1", event: "placed", data: "a\nb", retry: 5 },
        { id: "", event: "", data: "plain" },
        { id: "", event: "message", data: "{}" },
        { id: "4", event: "", data: " x" },
        "close",
      ]);
      expect(server.connections).toHaveLength(1);
    });

    it("wait with the first event until `onopen` is done", async () => {
      const send = async (connection: ScriptedConnection) => {
        await connection.send("data: 1\n\n");
        connection.end();
      };
      await using server = await startScriptedServer({ otherwise: send });
      const log: string[] = [];
      await fetchEventSource(server.url, {
        async onopen() {
          await new Promise((resolve) => setTimeout(resolve, 50));
          log.push("open");
        },
        onmessage: ({ data }) => void log.push(data),
      });
      expect(log).toEqual(["open", "1"]);
    });

    it("end the call with the error that `onerror` throws, and send no further request", async () => {
      await using server = await startScriptedServer({ otherwise: (connection) => connection.cut() });
      const fatal = new FatalError("fatal");
      let errors = 0;
      const call = fetchEventSource(server.url, {
        onerror(error) {
          expect(error).toBeInstanceOf(Error);
          if (++errors === 3) throw fatal;
          return 1;
        },
      });
      await expect(call).rejects.toBe(fatal);
      expect(server.connections).toHaveLength(3);
    });

    it("wait as long as `onerror` says", async () => {
      await using server = await startScriptedServer({ otherwise: (connection) => connection.answer(500) });
      const at: number[] = [];
      const call = fetchEventSource(server.url, {
        onerror() {
          at.push(performance.now());
          if (at.length === 2) throw new FatalError();
          return 150;
        },
      });
      await expect(call).rejects.toBeInstanceOf(FatalError);
      expect(at[1]! - at[0]!).toBeGreaterThan(145);
    });

    it.each([
      ["onopen", { onopen: () => Promise.reject(new RetriableError()) }],
      ["onmessage", { onmessage: () => thrown(new RetriableError()) }],
      ["onclose", { onclose: () => thrown(new RetriableError()) }],
    ])("give the error of %s to `onerror`, which may retry", async (_, callbacks) => {
      const send = async (connection: ScriptedConnection) => {
        await connection.send("id: 7\ndata: 1\n\n");
        connection.end();
      };
      await using server = await startScriptedServer({ otherwise: send });
      const errors: unknown[] = [];
      const call = fetchEventSource(server.url, {
        ...callbacks,
        onerror(error) {
          errors.push(error);
          if (errors.length === 2) throw error;
          return 1;
        },
      });
      await expect(call).rejects.toBeInstanceOf(RetriableError);
      expect(errors).toEqual([new RetriableError(), new RetriableError()]);
      expect(server.connections).toHaveLength(2);
    });

    it("refuse an answer of another content type unless `onopen` accepts it", async () => {
      const otherwise = async (connection: ScriptedConnection) => {
        connection.open({ type: "text/plain" });
        await connection.send("data: 1\n\n");
        connection.end();
      };
      await using server = await startScriptedServer({ otherwise });
      const seen: string[] = [];
      const refused = fetchEventSource(server.url, {
        onmessage: ({ data }) => void seen.push(data),
        onerror: (error) => thrown(error),
      });
      await expect(refused).rejects.toBeInstanceOf(Error);
      expect(seen).toEqual([]);
      await fetchEventSource(server.url, { onopen: async () => {}, onmessage: ({ data }) => void seen.push(data) });
      expect(seen).toEqual(["1"]);
    });

    it("see the body of an answer that `onopen` refuses", async () => {
      const otherwise = (connection: ScriptedConnection) => connection.answer(422, { body: "no such model" });
      await using server = await startScriptedServer({ otherwise });
      const call = fetchEventSource(server.url, {
        async onopen(response) {
          if (!response.ok) throw new FatalError(`${response.status} ${await response.text()}`);
        },
        onerror: (error) => thrown(error),
      });
      await expect(call).rejects.toThrow("422 no such model");
    });

    it("are not called after the signal aborts; the promise resolves and the connection ends", async () => {
      await using server = await startScriptedServer();
      const controller = new AbortController();
      const log: unknown[] = [];
      const call = fetchEventSource(server.url, {
        signal: controller.signal,
        onmessage: ({ data }) => log.push(data),
        onclose: () => log.push("close"),
        onerror: (error) => void log.push(error),
      });
      const connection = await server.next();
      await connection.send("data: 1\n\n");
      await until("the event has come", () => log.length === 1);
      controller.abort("a reason");
      await expect(call).resolves.toBeUndefined();
      await connection.gone();
      expect(log).toEqual(["1"]);
      expect(server.connections).toHaveLength(1);
    });

    it("are not called after the signal aborts during the wait for a retry", async () => {
      await using server = await startScriptedServer({ otherwise: (connection) => connection.cut() });
      const controller = new AbortController();
      let errors = 0;
      const call = fetchEventSource(server.url, {
        signal: controller.signal,
        onerror() {
          errors++;
          setTimeout(() => controller.abort(), 20);
          return 200;
        },
      });
      await call;
      await new Promise((resolve) => setTimeout(resolve, 250));
      expect([errors, server.connections.length]).toEqual([1, 1]);
    });
  });
}

function thrown(error: unknown): never {
  throw error;
}
