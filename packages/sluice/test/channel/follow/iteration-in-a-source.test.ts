import { describe, expect, it } from "vitest";
import { turns } from "../../support/turns.ts";
import { openWorld } from "../support/channel-world.ts";

const CLIENTS = 200;

describe("an iteration inside the source of a stream", () => {
  it.each([
    ["at once", false],
    ["after an await", true],
  ])("that begins %s ends when the client leaves, also while it waits", async (_, waits) => {
    const { channel, connect } = await openWorld();
    let finished = 0;
    async function* source() {
      try {
        if (waits) await turns(2);
        for await (const { data } of channel.subscribe()) yield data;
      } finally {
        finished++;
      }
    }
    const subscribers = Array.from({ length: CLIENTS }, () => connect(() => source()));
    await turns(10);
    expect(channel.stats().cohorts).toBe(1);
    await channel.publish("n", 1);
    await turns(10);
    for (const subscriber of subscribers) {
      subscriber.take();
      expect(subscriber.seen).toHaveLength(1);
      subscriber.disconnect();
    }
    await turns(10);
    expect(finished).toBe(CLIENTS);
    expect(channel.stats().cohorts).toBe(0);
  });

  it("ends also if an async source function made it, or if it is the source itself", async () => {
    const { channel, connect } = await openWorld();
    const subscribers = [
      connect(async () => {
        await turns(2);
        return channel.subscribe().after(undefined);
      }),
      connect(channel.subscribe().after(undefined)),
    ];
    await turns(10);
    expect(channel.stats().cohorts).toBe(1);
    for (const subscriber of subscribers) subscriber.disconnect();
    await turns(10);
    expect(channel.stats().cohorts).toBe(0);
  });

  it("with a signal of its own ends with that signal, not with the stream", async () => {
    const { channel, connect } = await openWorld();
    const controller = new AbortController();
    const received: unknown[] = [];
    let isOver = false;
    async function consume() {
      for await (const { data } of channel.subscribe({ signal: controller.signal })) received.push(data);
      isOver = true;
    }
    const subscriber = connect(async function* () {
      void consume();
      await turns(1);
      yield 1;
    });
    await turns(5);
    subscriber.disconnect();
    await turns(5);
    await channel.publish("n", "after");
    await turns(5);
    expect(received).toEqual(["after"]);
    controller.abort();
    await turns(5);
    expect(isOver).toBe(true);
    expect(channel.stats().cohorts).toBe(0);
  });

  it("does not keep listeners on a signal that lives longer", async () => {
    const { channel } = await openWorld();
    const controller = new AbortController();
    const listeners = new Set<unknown>();
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = ((...given: Parameters<typeof add>) => {
      listeners.add(given[1]);
      add(...given);
    }) as never;
    signal.removeEventListener = ((...given: Parameters<typeof remove>) => {
      listeners.delete(given[1]);
      remove(...given);
    }) as never;
    for (let n = 0; n < 20; n++) {
      const items = channel.subscribe({ signal })[Symbol.asyncIterator]();
      void items.next();
      expect(listeners.size).toBe(1);
      await items.return();
    }
    expect(listeners.size).toBe(0);
  });
});

describe("an iteration outside of a source", () => {
  it("ends when its signal aborts, also if it was aborted before", async () => {
    const { channel } = await openWorld();
    const controller = new AbortController();
    const items = channel.subscribe({ signal: controller.signal })[Symbol.asyncIterator]();
    const pending = items.next();
    controller.abort();
    expect(await pending).toEqual({ done: true, value: undefined });
    const late = channel.subscribe({ signal: controller.signal })[Symbol.asyncIterator]();
    expect(await late.next()).toEqual({ done: true, value: undefined });
    expect(channel.stats().cohorts).toBe(0);
  });

  it("refuses a signal that is none", async () => {
    const { channel } = await openWorld();
    expect(() => channel.subscribe({ signal: 1 as never })).toThrowError(/`signal` must be an AbortSignal/);
  });
});
