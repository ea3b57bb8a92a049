import { describe, expect, it } from "vitest";
import { type EventStream, openEventStream } from "../../../src/client/index.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";

const CLIENTS = 1_000;
const RETRY_MS = 200;
const WINDOW_MS = 2_000;
const BUCKETS = 10;

describe("clients that lose one server at once", () => {
  it("come back spread over the window of the back-off, and not before the reconnection time", async () => {
    const delays: number[] = [];
    const arrivals: number[] = [];
    let lostAt = Number.POSITIVE_INFINITY;
    await using server = await startScriptedServer({
      sockets: false,
      otherwise: async (connection) => {
        if (lostAt < Number.POSITIVE_INFINITY) arrivals.push(performance.now() - lostAt);
        await connection.send(`retry: ${RETRY_MS}\n\n`);
      },
    });
    const streams: EventStream[] = [];
    for (let i = 0; i < CLIENTS; i++) {
      streams.push(
        openEventStream(server.url, {
          fetch: server.fetch as typeof fetch,
          backoff: WINDOW_MS,
          onAttemptEnd: (_, { retryIn }) => void (retryIn !== undefined && delays.push(retryIn)),
        }),
      );
    }
    await until("all are connected", () => streams.every(({ state }) => state === "open"));
    lostAt = performance.now();
    for (const connection of [...server.connections]) connection.cut();
    await until("all have come back", () => arrivals.length === CLIENTS, 30_000);
    await Promise.all(streams.map((stream) => stream.close()));

    const histogram = Array.from<number>({ length: BUCKETS }).fill(0);
    for (const ms of delays.slice(0, CLIENTS)) histogram[Math.floor(((ms - RETRY_MS) / WINDOW_MS) * BUCKETS)]!++;
    const lines = histogram.map((count, bucket) => {
      const from = RETRY_MS + (bucket * WINDOW_MS) / BUCKETS;
      return `${String(from).padStart(5)} ms ${"#".repeat(Math.round(count / 4))} ${count}`;
    });
    console.info(`${CLIENTS} clients lost one server. The delays of their next attempts:\n${lines.join("\n")}`);
    // With 100 expected in each bucket, 40 and 160 are more than six standard deviations away.
    for (const count of histogram) expect(count).toBeGreaterThan(40);
    for (const count of histogram) expect(count).toBeLessThan(160);
    expect(Math.min(...arrivals)).toBeGreaterThanOrEqual(RETRY_MS - 1);
  });
});
