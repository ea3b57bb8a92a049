import { expect, it } from "vitest";
import { startScriptedServer } from "../../../../src/testing/index.ts";
import { serverThatSends } from "./dispatch-contract.ts";
import type { Run } from "./event-source-contract.ts";

/** `close()` in every state. */
export function closeContract(run: Run): void {
  it("ends the request before the head, and no event follows", async () => {
    await using server = await startScriptedServer({ cors: true });
    const closed = run(async ({ EventSource, sleep }, url) => {
      const source = new EventSource(url);
      const log: string[] = [];
      source.onopen = source.onerror = source.onmessage = ({ type }: Event) => void log.push(type);
      await sleep(150);
      source.close();
      source.close();
      await sleep(50);
      return [...log, source.readyState];
    }, server.url);
    const connection = await server.next();
    await connection.gone();
    expect(await closed).toEqual([2]);
    expect(server.connections.length).toBe(1);
  });

  it("sends no request, or ends it at once, if it follows the constructor", async () => {
    await using server = await startScriptedServer({ cors: true });
    const seen = await run(async ({ EventSource, sleep }, url) => {
      const source = new EventSource(url);
      source.close();
      let events = 0;
      source.onopen = source.onerror = () => void events++;
      await sleep(100);
      return [source.readyState, events];
    }, server.url);
    expect(seen).toEqual([2, 0]);
    for (const connection of server.connections) await connection.gone();
  });

  it("in the `open` handler: the message of the same packet is not dispatched, and the connection ends", async () => {
    await using server = await startScriptedServer({ cors: true });
    const closed = run(async ({ EventSource, sleep }, url) => {
      const source = new EventSource(url);
      const log: unknown[] = [];
      source.onmessage = source.onerror = ({ type }: Event) => void log.push(type);
      await new Promise<void>((resolve) => {
        source.onopen = () => {
          log.push(source.readyState);
          source.close();
          log.push(source.readyState);
          resolve();
        };
      });
      await sleep(50);
      return log;
    }, server.url);
    const connection = await server.next();
    await connection.send("data: 1\n\n");
    await connection.gone();
    expect(await closed).toEqual([1, 2]);
  });

  it("in a `message` handler: other listeners still run, and no further event of the chunk is dispatched", async () => {
    await using server = await serverThatSends("retry: 1\ndata: 1\n\ndata: 2\n\ndata: 3\n\n");
    const log = await run(async ({ EventSource, sleep }, url) => {
      const source = new EventSource(url);
      const log: unknown[] = [];
      source.onerror = ({ type }) => void log.push(type);
      await new Promise<void>((resolve) => {
        source.onmessage = ({ data }) => {
          log.push(data);
          if (data === "2") source.close();
        };
        source.addEventListener("message", ({ data }) => {
          log.push(`other ${data}`);
          if (data === "2") resolve();
        });
      });
      await sleep(100);
      return [...log, source.readyState];
    }, server.url);
    expect(log).toEqual(["1", "other 1", "2", "other 2", 2]);
    expect(server.connections.length).toBe(1);
    await server.connections[0]?.gone();
  });

  it("in an `error` handler: the source does not reconnect", async () => {
    await using server = await startScriptedServer({
      cors: true,
      otherwise: async (connection) => {
        await connection.send("retry: 1\n\n");
        connection.end();
      },
    });
    const seen = await run(async ({ EventSource, sleep }, url) => {
      const source = new EventSource(url);
      let errors = 0;
      await new Promise<void>((resolve) => {
        source.onerror = () => {
          errors++;
          source.close();
          resolve();
        };
      });
      await sleep(100);
      return [errors, source.readyState];
    }, server.url);
    expect(seen).toEqual([1, 2]);
    expect(server.connections.length).toBe(1);
  });

  it("while it waits to reconnect: the source does not reconnect", async () => {
    await using server = await startScriptedServer({
      cors: true,
      otherwise: async (connection) => {
        await connection.send("retry: 100\n\n");
        connection.end();
      },
    });
    const state = await run(async ({ EventSource, next, sleep }, url) => {
      const source = new EventSource(url);
      await next(source, "error");
      await sleep(20);
      source.close();
      await sleep(200);
      return source.readyState;
    }, server.url);
    expect(state).toBe(2);
    expect(server.connections.length).toBe(1);
  });

  it("after a failure changes nothing", async () => {
    await using server = await startScriptedServer({ cors: true, otherwise: (connection) => connection.answer(404) });
    const seen = await run(async ({ EventSource, next, sleep }, url) => {
      const source = new EventSource(url);
      await next(source, "error");
      let events = 0;
      source.onerror = source.onopen = () => void events++;
      source.close();
      await sleep(30);
      return [source.readyState, events];
    }, server.url);
    expect(seen).toEqual([2, 0]);
  });

  it("ends an open and a refused connection also if another fetch ignores the signal", async () => {
    await using server = await startScriptedServer({ cors: true });
    const closed = run(async ({ EventSource, next }, url) => {
      const fetch = (address: string, { signal, ...init }: RequestInit) => globalThis.fetch(address, init);
      const open = new EventSource(url, { fetch });
      await next(open, "open");
      open.close();
      const refused = new EventSource(url, { fetch });
      await next(refused, "error");
      // Otherwise the runtime may collect them, and with them their connections.
      Object.assign(globalThis, { kept: [open, refused] });
      return [open.readyState, refused.readyState];
    }, server.url);
    for (const type of ["text/event-stream", "text/html"]) {
      const connection = await server.next();
      connection.open({ type });
      // Firefox closes such a connection when further bytes come.
      for (let sent = 0; sent < 200 && !connection.isClosed; sent++)
        await connection.send(": goes on\n\n", { pause: 20 }).catch(() => undefined);
      await connection.gone();
    }
    expect(await closed).toEqual([2, 2]);
  });

  it("sends no request if a function for the headers resolves only then, also by another fetch", async () => {
    await using server = await startScriptedServer({ cors: true });
    const calls = await run(async ({ EventSource, sleep }, url) => {
      let calls = 0;
      const fetch = (address: string, { signal, ...init }: RequestInit) => {
        calls++;
        return globalThis.fetch(address, init);
      };
      const source = new EventSource(url, { headers: () => sleep(30).then(() => ({})), fetch });
      source.close();
      await sleep(100);
      return calls;
    }, server.url);
    expect(calls).toBe(0);
    expect(server.connections).toEqual([]);
  });
}
