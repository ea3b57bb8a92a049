import { describe, expect, it, vi } from "vitest";
import { type AttemptEnd, type EventStreamOptions, openEventStream } from "../../../src/client/index.ts";
import { startScriptedServer } from "../../../src/testing/index.ts";
import { until } from "../../support/until.ts";
import { QUICK } from "./support/quick.ts";

/** Opens a stream that the server refuses with 503, and whose program answers each end with `verdict`. */
async function refused(verdict: unknown, options: EventStreamOptions = QUICK) {
  const server = await startScriptedServer({ otherwise: (connection) => connection.answer(503) });
  const onError = vi.fn();
  const onAttemptEnd = vi.fn(() => verdict as undefined);
  const stream = openEventStream(server.url, { ...options, onError, onAttemptEnd });
  return {
    server,
    stream,
    onError,
    onAttemptEnd,
    async [Symbol.asyncDispose]() {
      await stream.close();
      await server.close();
    },
  };
}

describe("a verdict of onAttemptEnd", () => {
  it.each([
    ["no number", { retryIn: Number.NaN }, "NaN"],
    ["a negative number", { retryIn: -5 }, "-5"],
    ["a text as time", { retryIn: "soon" }, "soon"],
    ["another word", "again", "again"],
    ["true", true, "true"],
  ])("that is %s is reported, and the client follows its plan", async (_, verdict, shown) => {
    await using each = await refused(verdict);
    await until("it has tried again", () => each.server.connections.length > 1);
    expect(each.onError.mock.calls[0]).toEqual([
      expect.objectContaining({
        code: "INVALID_OPTION",
        message: `Expected a valid Verdict of onAttemptEnd, but got ${shown}`,
      }),
      { stage: "callback" },
    ]);
  });

  it.each([null, false, undefined, ""])("%j is none", async (verdict) => {
    await using each = await refused(verdict);
    await until("it has tried again", () => each.server.connections.length > 1);
    expect(each.onError).not.toHaveBeenCalled();
  });

  it("may be the plan itself", async () => {
    await using server = await startScriptedServer({ otherwise: (connection) => connection.answer(404) });
    const onError = vi.fn();
    const onAttemptEnd = (_: AttemptEnd, plan: unknown) => plan as undefined;
    await using stream = openEventStream(server.url, { onError, onAttemptEnd });
    expect(await stream.closed).toMatchObject({ status: 404 });
    expect(onError).not.toHaveBeenCalled();
  });

  it.each([Number.POSITIVE_INFINITY, 1e12])(
    "of a time that no timer can wait waits as long as one can: %d",
    async (ms) => {
      await using each = await refused({ retryIn: ms });
      await until("it waits", () => each.stream.state === "waiting");
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(each.server.connections).toHaveLength(1);
    },
  );

  it("overrules an attempt that was superseded too: it stops the stream, or delays the next attempt", async () => {
    await using server = await startScriptedServer({ otherwise: (connection) => connection.open() });
    const verdicts = [{ retryIn: 50 }, "stop" as const];
    const ends: AttemptEnd[] = [];
    await using stream = openEventStream(server.url, {
      onError: () => undefined,
      onAttemptEnd: (end) => {
        ends.push(end);
        return verdicts.shift();
      },
    });
    const states: string[] = [];
    stream.onStateChange((state) => states.push(state));
    for (const count of [1, 2]) {
      await until("it is open", () => server.connections.length === count && stream.state === "open");
      stream.reconnect();
    }
    expect(await stream.closed).toEqual({ type: "superseded", by: "reconnect" });
    expect(states).toEqual(["open", "waiting", "connecting", "open", "closed"]);
    expect(ends).toHaveLength(2);
    expect(server.connections).toHaveLength(2);
  });
});

it("never waits less than the window of an unlimited back-off says", async () => {
  await using each = await refused(undefined, { backoff: 2 ** 40, maxBackoff: Number.POSITIVE_INFINITY });
  await until("it waits", () => each.stream.state === "waiting");
  const [[, { retryIn }]] = each.onAttemptEnd.mock.calls as unknown as [[AttemptEnd, { retryIn: number }]];
  expect(retryIn).toBeGreaterThan(0);
  expect(retryIn).toBeLessThan(2 ** 31);
});
