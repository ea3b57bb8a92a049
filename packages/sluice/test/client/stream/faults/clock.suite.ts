import { describe, expect, it } from "vitest";
import { type ScriptedConnection, startScriptedServer } from "../../../../src/testing/index.ts";
import { until } from "../../../support/until.ts";
import { allRuntimes } from "../../support/runtimes/all.ts";
import type { RuntimeKind } from "../../support/runtimes/runtime.ts";

/** The client looks at the clocks every 5 s, and takes 10 s more for sleep. */
const NOTICED_MS = 15_000;
const HOUR_MS = 3_600_000;
/** Time between two events, in ms. */
const PACE_MS = 50;

/** Sends the numbers after the position of the request, at a steady pace, until the connection is closed. */
async function count(connection: ScriptedConnection): Promise<void> {
  const query = new URL(connection.path, "http://x").searchParams.get("lastEventId") ?? "";
  let id = Number(connection.lastEventId || query);
  await connection.send("retry: 1\n\n");
  while (!connection.isClosed) await connection.send(`id: ${++id}\nevent: n\ndata: ${id}\n\n`, { pause: PACE_MS });
}

/** Changes of the clocks, in ms, and the time to wait after each of them. */
type Steps = readonly { readonly wall: number; readonly steady: number; readonly wait: number }[];

/** Reads events while the clocks jump. Returns what has come, and how attempts ended. */
async function receiveOn(kind: RuntimeKind, url: string, steps: Steps): Promise<{ seen: number[]; ends: string[] }> {
  await using runtime = await kind.start();
  return await runtime.run(
    async ({ openEventStream, sleep }, { url, steps }) => {
      const [wallNow, steadyNow] = [Date.now.bind(Date), performance.now.bind(performance)];
      let [wall, steady] = [0, 0];
      Date.now = () => wallNow() + wall;
      performance.now = () => steadyNow() + steady;
      const seen: number[] = [];
      const ends: string[] = [];
      const stream = openEventStream<{ n: number }>(url, {
        backoff: 1,
        maxBackoff: 1,
        onAttemptEnd: (end) => void ends.push("by" in end ? end.by : end.type),
      });
      stream.on("n", (n) => seen.push(n));
      await sleep(1_000);
      for (const step of steps) {
        wall += step.wall;
        steady += step.steady;
        await sleep(step.wait);
      }
      await stream.close();
      return { seen, ends };
    },
    { url, steps },
  );
}

function isComplete(seen: readonly number[]): boolean {
  return seen.every((n, index) => n === index + 1);
}

describe("openEventStream() when a clock jumps", () => {
  const kinds = allRuntimes();

  it.concurrent.each(kinds)("keeps its connection in $name if the wall clock is set back by an hour", async (kind) => {
    await using server = await startScriptedServer({ cors: true, otherwise: swallowing(count) });
    const { seen, ends } = await receiveOn(kind, server.url, [{ wall: -HOUR_MS, steady: 0, wait: NOTICED_MS / 2 }]);
    expect(ends.filter((end) => end !== "closed")).toEqual([]);
    expect(seen.length).toBeGreaterThan(20);
    expect(isComplete(seen)).toBe(true);
  });

  it.concurrent.each(kinds)("connects again in $name after sleep, and misses and repeats no event", async (kind) => {
    await using server = await startScriptedServer({ cors: true, otherwise: swallowing(count) });
    const { seen, ends } = await receiveOn(kind, server.url, [
      // Sleep in which the steady clock stands still, then sleep in which both clocks run.
      { wall: HOUR_MS, steady: 0, wait: NOTICED_MS / 2 },
      { wall: HOUR_MS, steady: HOUR_MS, wait: NOTICED_MS / 2 },
    ]);
    expect(ends.filter((end) => end !== "closed")).toEqual(["wake", "wake"]);
    expect(seen.length).toBeGreaterThan(40);
    expect(isComplete(seen)).toBe(true);
  });

  it.concurrent.each(kinds.filter(({ isBrowser }) => !isBrowser))(
    "connects again in $name after the process was stopped, whose timers are then late",
    async (kind) => {
      await using server = await startScriptedServer({ cors: true, otherwise: swallowing(count) });
      await using runtime = await kind.start();
      const received = runtime.run(async ({ openEventStream }, url) => {
        const seen: number[] = [];
        const stream = openEventStream<{ n: number }>(url, { backoff: 1, maxBackoff: 1 });
        stream.on("n", (n) => seen.push(n));
        await new Promise<void>((resolve) => {
          const isOver = () => stream.lastEnd !== undefined && stream.state === "open" && seen.length > 20;
          const timer = setInterval(() => {
            if (!isOver()) return;
            clearInterval(timer);
            resolve();
          }, 20);
        });
        const { lastEnd } = stream;
        await stream.close();
        return { seen, lastEnd };
      }, server.url);
      await until("it is connected", () => server.connections.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 500));
      runtime.stop?.(true);
      await new Promise((resolve) => setTimeout(resolve, NOTICED_MS + 1_000));
      runtime.stop?.(false);
      const { seen, lastEnd } = await received;
      expect(lastEnd).toEqual({ type: "superseded", by: "wake" });
      expect(isComplete(seen)).toBe(true);
    },
  );
});

/** Returns a script that ends without an error when its client leaves. */
function swallowing(script: (connection: ScriptedConnection) => Promise<void>) {
  return (connection: ScriptedConnection) => script(connection).catch(() => {});
}
