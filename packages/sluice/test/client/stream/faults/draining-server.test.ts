import type { IncomingMessage } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { type AttemptEnd, EventSource, openEventStream } from "../../../../src/client/index.ts";
import { createSluice, type NodeResponse } from "../../../../src/index.ts";
import { type AnyRequest, startServer } from "../../../support/test-server.ts";
import { until } from "../../../support/until.ts";

/** A server whose first process drains while the second one serves already, behind one address. */
async function startRolling() {
  const processes = [createSluice(), createSluice()];
  const accepted: (string | undefined)[] = [];
  let current = 0;
  const server = await startServer((request: AnyRequest, response) => {
    accepted.push((request as IncomingMessage).headers.accept);
    const source = processes[current]!.channel("news").subscribe();
    void processes[current]!.stream(request, response as NodeResponse, source);
  });
  onTestFinished(async () => {
    for (const sluice of processes) await sluice.close();
    await server[Symbol.asyncDispose]();
  });
  return {
    url: `http://127.0.0.1:${server.port}/`,
    accepted,
    first: processes[0]!,
    switchOver: () => {
      current = 1;
    },
    second: processes[1]!,
  };
}

describe("a client of a draining server", () => {
  it("that is an EventSource receives a stream that ends, and reconnects", async () => {
    const site = await startRolling();
    await site.first.drain({ timeout: 0 });
    const source = new EventSource(site.url);
    onTestFinished(() => source.close());
    const states: string[] = [];
    source.onopen = () => states.push("open");
    source.onerror = () => states.push(source.readyState === EventSource.CONNECTING ? "reconnecting" : "closed");
    await until("it was refused", () => states.includes("reconnecting"));
    site.switchOver();
    await until("it is open again", () => site.second.stats().streams === 1);
    expect(states.slice(0, 2)).toEqual(["open", "reconnecting"]);
    expect(states).not.toContain("closed");
  });

  it("that is openEventStream() receives 503, waits for the time that it names, and reconnects", async () => {
    const site = await startRolling();
    await site.first.drain({ timeout: 0 });
    const ends: AttemptEnd[] = [];
    const waits: (number | undefined)[] = [];
    const stream = openEventStream(site.url, {
      backoff: 1,
      onAttemptEnd: (end, { retryIn }) => {
        ends.push(end);
        waits.push(retryIn);
        site.switchOver();
      },
    });
    onTestFinished(() => stream.close());
    await until("it is open", () => site.second.stats().streams === 1);
    expect(ends).toMatchObject([{ type: "status", status: 503 }]);
    expect(waits[0]).toBeGreaterThanOrEqual(2_000);
    expect(site.accepted).toEqual(["text/event-stream, */*", "text/event-stream, */*"]);
  });
});
