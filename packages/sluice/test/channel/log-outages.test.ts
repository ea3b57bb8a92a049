import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogOutages } from "../../src/channel/log-outages.ts";
import { OutOfReach, TAIL_OUTAGE } from "../../src/logs/shared/failures/out-of-reach.ts";
import type { ErrorContext } from "../../src/stream/report.ts";

const STORE = "Redis at redis.example:6379";
const PROBATION_MS = 2_000;

describe("LogOutages", () => {
  let outages: LogOutages;
  let reports: { readonly error: Error; readonly context: ErrorContext }[];

  beforeEach(() => {
    vi.useFakeTimers();
    outages = new LogOutages();
    reports = [];
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  const fail = (error: unknown, channel?: string) =>
    outages.take(
      error,
      { stage: "source", ...(channel !== undefined && { channel }) },
      (reported, context) => void reports.push({ error: reported as Error, context }),
    );
  const outage = (name = "reach") => new OutOfReach("It is down.", { store: STORE, outage: name });
  const succeed = (channel: string) => outages.succeeded(channel, outages.failures);

  it("does not take an error that belongs to no outage, nor any other value", () => {
    const circular = new Error("circular");
    circular.cause = circular;
    const hostile = new Proxy(new Error("hostile"), {
      get() {
        throw new Error("no");
      },
    });
    for (const error of [new Error("other"), circular, hostile, undefined, null, "text"]) {
      expect(fail(error)).toBe(false);
    }
    expect(reports).toEqual([]);
  });

  it("reports the log's own error, without the channel in which it was noticed", () => {
    const cause = outage();
    expect(fail(new Error("The log of the channel failed.", { cause }), "orders")).toBe(true);
    expect(fail(outage(), "news")).toBe(true);
    expect(reports).toEqual([{ error: cause, context: { stage: "log" } }]);
  });

  it("reports the end once the log has worked for two seconds, with the length of the outage", async () => {
    const first = outage();
    fail(first);
    await vi.advanceTimersByTimeAsync(3_000);
    succeed("orders");
    await vi.advanceTimersByTimeAsync(PROBATION_MS - 1);
    expect(reports).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(reports[1]!.error.message).toBe(`${STORE} works again. The outage took 3.0 s.`);
    expect(reports[1]!.error.cause).toBe(first);
    expect(reports[1]!.context).toEqual({ stage: "log", isOver: true });
  });

  it("does not take an operation that began before the last failure for a sign that the log works", async () => {
    const { failures } = outages;
    fail(outage());
    outages.succeeded("orders", failures);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reports).toHaveLength(1);
  });

  it("begins the two seconds again with each failure", async () => {
    fail(outage());
    for (let n = 0; n < 5; n++) {
      succeed("orders");
      await vi.advanceTimersByTimeAsync(PROBATION_MS - 1);
      fail(outage());
    }
    expect(reports).toHaveLength(1);
  });

  it("waits twice as long, up to 32 s, with each outage that follows soon after another", async () => {
    for (const seconds of [2, 4, 8, 16, 32, 32]) {
      reports.length = 0;
      fail(outage());
      succeed("orders");
      await vi.advanceTimersByTimeAsync(seconds * 1_000 - 1);
      expect(reports).toHaveLength(1);
      await vi.advanceTimersByTimeAsync(1);
      expect(reports).toHaveLength(2);
    }
    await vi.advanceTimersByTimeAsync(60_000);
    fail(outage());
    succeed("orders");
    await vi.advanceTimersByTimeAsync(PROBATION_MS);
    expect(reports).toHaveLength(4);
  });

  it("ends a refusal only by an operation of a channel in which it was noticed", async () => {
    fail(outage("NOPERM"), "orders");
    succeed("news");
    await vi.advanceTimersByTimeAsync(PROBATION_MS);
    expect(reports).toHaveLength(1);
    succeed("orders");
    await vi.advanceTimersByTimeAsync(PROBATION_MS);
    expect(reports).toHaveLength(2);
  });

  it("ends the outage of a process that receives nothing only when the log reports it", async () => {
    fail(outage(TAIL_OUTAGE), "orders");
    succeed("orders");
    await vi.advanceTimersByTimeAsync(PROBATION_MS);
    expect(reports).toHaveLength(1);
    outages.recovered(TAIL_OUTAGE);
    await vi.advanceTimersByTimeAsync(PROBATION_MS);
    expect(reports).toHaveLength(2);
  });

  it("reports outages of different kinds apart", async () => {
    fail(outage());
    fail(outage("NOPERM"), "orders");
    expect(reports).toHaveLength(2);
    succeed("orders");
    await vi.advanceTimersByTimeAsync(PROBATION_MS);
    expect(reports.filter(({ context }) => context.isOver)).toHaveLength(2);
  });

  it("reports nothing after it is closed", async () => {
    fail(outage());
    succeed("orders");
    outages.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(reports).toHaveLength(1);
  });
});
