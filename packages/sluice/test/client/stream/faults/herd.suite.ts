import { describe, expect, it } from "vitest";
import { type EventStream, openEventStream } from "../../../../src/client/index.ts";
import { startScriptedServer } from "../../../../src/testing/index.ts";
import { until } from "../../../support/until.ts";

const CLIENTS = 1_000;
const RETRY_MS = 200;
/** Long, so that the time that a busy machine takes for all of them hides no arrival. */
const WINDOW_MS = 10_000;
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

    const histogram = histogramOf(delays.slice(0, CLIENTS));
    print("The delays of their next attempts", histogram);
    print("Their arrivals at the server", histogramOf(arrivals));
    // With 100 expected in each bucket, 40 and 160 are more than six standard deviations away.
    for (const count of histogram) expect(count).toBeGreaterThan(40);
    for (const count of histogram) expect(count).toBeLessThan(160);
    // A busy machine fires timers late.
    expect(histogramOf(arrivals).filter((count) => count > 20).length).toBeGreaterThan(BUCKETS / 2);
    expect(Math.min(...arrivals)).toBeGreaterThanOrEqual(RETRY_MS - 1);
  });
});

/** Counts times in ms by parts of the window. Later ones count to the last part. */
function histogramOf(times: readonly number[]): number[] {
  const histogram = Array.from<number>({ length: BUCKETS }).fill(0);
  for (const ms of times) {
    const bucket = Math.floor(((ms - RETRY_MS) / WINDOW_MS) * BUCKETS);
    histogram[Math.min(BUCKETS - 1, Math.max(0, bucket))]!++;
  }
  return histogram;
}

function print(title: string, histogram: readonly number[]): void {
  const lines = histogram.map((count, bucket) => {
    const from = RETRY_MS + (bucket * WINDOW_MS) / BUCKETS;
    return `${String(from).padStart(5)} ms ${"#".repeat(Math.round(count / 4))} ${count}`;
  });
  console.info(`${CLIENTS} clients lost one server. ${title}:\n${lines.join("\n")}`);
}
