import type { IncomingMessage } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { type FetchEventSourceOptions, fetchEventSource } from "../../src/fetch-event-source/index.ts";
import { createSluice, type NodeResponse } from "../../src/index.ts";
import { startServer } from "../support/test-server.ts";
import { until } from "../support/until.ts";

/** A server that restarts: a new process takes over its address and its log. */
async function startRestarting() {
  const processes = [createSluice(), createSluice()] as const;
  let current: (typeof processes)[number] = processes[0];
  const server = await startServer((request, response) => {
    const source = current.channel("news").subscribe();
    void current.stream(request as IncomingMessage, response as NodeResponse, source);
  });
  const controller = new AbortController();
  onTestFinished(async () => {
    controller.abort();
    for (const sluice of processes) await sluice.close();
    await server[Symbol.asyncDispose]();
  });
  const seen: string[] = [];
  return {
    processes,
    seen,
    restart: () => {
      current = processes[1];
    },
    start: (options: FetchEventSourceOptions) =>
      fetchEventSource(`http://127.0.0.1:${server.port}/`, {
        signal: controller.signal,
        onmessage: ({ event }) => void seen.push(event),
        ...options,
      }),
  };
}

describe("fetchEventSource() and a draining server", () => {
  it("retries when it reaches one, by the default and by the README's `onopen`", async () => {
    for (const onopen of [
      undefined,
      async (response: Response) => {
        if (!response.ok) throw new Error(`status ${response.status}`);
      },
    ]) {
      const { processes, restart, start, seen } = await startRestarting();
      await processes[0].drain({ timeout: 0 });
      const errors: unknown[] = [];
      void start({
        ...(onopen && { onopen }),
        onclose: () => void seen.push("closed"),
        onerror(error) {
          errors.push(error);
          restart();
          return 1;
        },
      });
      await until("the stream is open", () => processes[1].stats().streams === 1);
      await processes[1].channel("news").publish("posted", 1);
      await until("the event has arrived", () => seen.length === 1);
      expect([seen, errors.length, `${errors}`]).toEqual([["posted"], 1, expect.stringContaining("503")]);
    }
  });

  it("resolves when one ends its stream, and returns if `onclose` throws", async () => {
    const { processes, restart, start, seen } = await startRestarting();
    const once = start({ onclose: () => void seen.push("closed") });
    void start({
      onclose() {
        throw new Error("again");
      },
      onerror: () => 1,
    });
    await until("both streams are open", () => processes[0].stats().streams === 2);
    restart();
    await processes[0].drain({ timeout: 0 });
    await once;
    await until("one stream is open again", () => processes[1].stats().streams === 1);
    await processes[1].channel("news").publish("posted", 1);
    await until("the event has arrived", () => seen.includes("posted"));
    // The log of the new process is empty, which is a gap for a client that has a position.
    expect(seen.filter((type) => type !== "gap")).toEqual(["closed", "posted"]);
  });
});
