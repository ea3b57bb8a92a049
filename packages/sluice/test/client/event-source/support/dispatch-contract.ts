import { expect, it } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../../../src/testing/index.ts";
import type { Run } from "./event-source-contract.ts";

/** Starts a server that sends a text to each client, and leaves the connection open. */
export function serverThatSends(text: string | Uint8Array) {
  const otherwise = (connection: ScriptedConnection) => connection.send(text);
  return startScriptedServer({ cors: true, otherwise });
}

/** Events and listeners. */
export function dispatchContract(run: Run): void {
  it("dispatches a plain `open` event in state OPEN, after the state CONNECTING", async () => {
    await using server = await serverThatSends(": head\n");
    const seen = await run(async ({ EventSource, next }, url) => {
      const source = new EventSource(url);
      const before = source.readyState;
      const event = await next(source, "open");
      const seen = [before, source.readyState, event.type, event.bubbles, event.cancelable, event.target === source];
      source.close();
      return [...seen, event instanceof MessageEvent, "data" in event];
    }, server.url);
    expect(seen).toEqual([0, 1, "open", false, false, true, false, false]);
  });

  it("dispatches a MessageEvent with data, origin and last event ID", async () => {
    await using server = await serverThatSends("id: 7\ndata: one\n\n");
    const seen = await run(async ({ EventSource, next }, url) => {
      const source = new EventSource(url);
      const event = await next(source, "message");
      source.close();
      const { type, data, origin, lastEventId, bubbles, cancelable, ports } = event;
      const isMessage = event instanceof MessageEvent && event.constructor === MessageEvent;
      return {
        type,
        data,
        origin,
        lastEventId,
        bubbles,
        cancelable,
        ports: [...ports],
        source: event.source,
        isMessage,
      };
    }, server.url);
    expect(seen).toEqual({
      type: "message",
      data: "one",
      origin: new URL(server.url).origin,
      lastEventId: "7",
      bubbles: false,
      cancelable: false,
      ports: [],
      source: null,
      isMessage: true,
    });
  });

  it("is OPEN for every message, also for one in the same packet as the head", async () => {
    await using server = await serverThatSends("data: 1\n\ndata: 2\n\n");
    const states = await run(async ({ EventSource }, url) => {
      const source = new EventSource(url);
      const states: number[] = [];
      await new Promise<void>((resolve) => {
        source.onmessage = () => {
          states.push(source.readyState);
          if (states.length === 2) setTimeout(resolve, 10);
        };
      });
      states.push(source.readyState);
      source.close();
      return states;
    }, server.url);
    expect(states).toEqual([1, 1, 1]);
  });

  it("dispatches an event by its type alone, also one that is named `open` or `error`", async () => {
    await using server = await serverThatSends(
      ["test", "open", "error", "", "message"].map((type, i) => `event: ${type}\ndata: ${i + 1}\n\n`).join(""),
    );
    const log = await run(async ({ EventSource }, url) => {
      const source = new EventSource(url);
      const log: string[] = [];
      const add = (to: string) => (event: Event) => void log.push(`${to} ${(event as MessageEvent).data}`);
      source.onopen = add("onopen");
      source.onerror = add("onerror");
      source.addEventListener("test", add("test"));
      await new Promise<void>((resolve) => {
        source.onmessage = (event) => {
          add("onmessage")(event);
          if (event.data === "5") resolve();
        };
      });
      const result = [...log, source.readyState];
      source.close();
      return result;
    }, server.url);
    expect(log).toEqual(["onopen undefined", "test 1", "onopen 2", "onerror 3", "onmessage 4", "onmessage 5", 1]);
  });

  it("runs promise callbacks between two events, so that a program can await event by event", async () => {
    await using server = await serverThatSends(Array.from({ length: 20 }, (_, i) => `data: ${i}\n\n`).join(""));
    const seen = await run(async ({ EventSource, next }, url) => {
      const source = new EventSource(url);
      const seen: string[] = [];
      while (seen.length < 20) {
        seen.push((await next(source, "message")).data);
        // Some turns of promise callbacks, but no task.
        for (let i = 0; i < 5; i++) await undefined;
      }
      source.close();
      return seen;
    }, server.url);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
  });

  it("calls handlers and listeners in the order of their addition; a replaced handler keeps its place", async () => {
    await using server = await serverThatSends("data: 1\n\n");
    const log = await run(async ({ EventSource }, url) => {
      const source = new EventSource(url);
      const log: string[] = [];
      const add = (name: string) => () => void log.push(name);
      source.addEventListener("message", add("first"));
      source.onmessage = add("replaced");
      source.addEventListener("message", add("second"));
      source.onmessage = add("handler");
      source.onopen = add("removed");
      source.addEventListener("open", add("open"));
      source.onopen = null;
      source.onopen = add("onopen");
      await new Promise((resolve) => source.addEventListener("message", resolve));
      source.close();
      return log;
    }, server.url);
    expect(log).toEqual(["open", "onopen", "first", "handler", "second"]);
  });

  it("keeps any object as a handler, calls only functions, and turns other values into null", async () => {
    await using server = await serverThatSends("data: 1\n\n");
    const seen = await run(async ({ EventSource, next }, url) => {
      const source = new EventSource(url);
      const values: unknown[] = [undefined, null, 7, "text", true, Symbol("s"), {}, { handleEvent: () => 1 }, () => 1];
      const kept = values.map((value) => {
        source.onmessage = value as never;
        return source.onmessage === null ? null : source.onmessage === value;
      });
      let isCalled = false;
      source.onmessage = { handleEvent: () => (isCalled = true) } as never;
      await next(source, "message");
      source.close();
      return [...kept, isCalled, new EventSource(url, { fetch: () => new Promise(() => undefined) }).onerror];
    }, server.url);
    expect(seen).toEqual([null, null, null, null, null, null, true, true, true, false, null]);
  });

  it("calls a handler with the source as `this` and the event as its argument", async () => {
    await using server = await serverThatSends("data: 1\n\n");
    const seen = await run(async ({ EventSource }, url) => {
      const source = new EventSource(url);
      const seen = await new Promise<unknown[]>((resolve) => {
        source.onmessage = function (event, ...others: unknown[]) {
          resolve([this === source, event.currentTarget === source, event.type, others.length]);
        };
      });
      source.close();
      return seen;
    }, server.url);
    expect(seen).toEqual([true, true, "message", 0]);
  });

  it("takes the options of listeners: once, signal, capture, an object with handleEvent, and removal", async () => {
    await using server = await serverThatSends("data: 1\n\ndata: 2\n\ndata: 3\n\n");
    const log = await run(async ({ EventSource }, url) => {
      const source = new EventSource(url);
      const log: string[] = [];
      const add = (name: string) => (event: MessageEvent<string>) => void log.push(`${name} ${event.data}`);
      const controller = new AbortController();
      const removed = add("removed");
      source.addEventListener("message", add("once"), { once: true });
      source.addEventListener("message", add("signal"), { signal: controller.signal });
      source.addEventListener("message", removed, { capture: true });
      source.addEventListener("message", { handleEvent: add("object") }, { passive: true });
      source.addEventListener("message", null);
      source.removeEventListener("message", removed, { capture: true });
      await new Promise<void>((resolve) => {
        source.onmessage = ({ data }) => {
          if (data === "2") controller.abort();
          if (data === "3") resolve();
        };
      });
      source.close();
      return log;
    }, server.url);
    expect(log).toEqual(["once 1", "signal 1", "object 1", "signal 2", "object 2", "object 3"]);
  });
}
