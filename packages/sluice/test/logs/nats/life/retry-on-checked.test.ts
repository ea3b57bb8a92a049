import { describe, expect, it } from "vitest";
import { BrokenLink, ReplacedStream, STREAM_NOT_FOUND } from "../../../../src/logs/nats/connection/nats-errors.ts";
import type { NatsLink } from "../../../../src/logs/nats/connection/nats-link.ts";
import { type CheckedLog, retryOnChecked } from "../../../../src/logs/nats/life/retry-on-checked.ts";

/** A log in the epoch "a", over a connection that stays up. Counts its checks. */
class FakeLog implements CheckedLog {
  epoch = "a";
  isChecked = true;
  isClosed = false;
  checks = 0;
  readonly link = {
    identity: "first",
    whileUp: <T>(work: Promise<T>) => work,
    error: (reason: string) => new Error(`NATS ${reason}`),
  };

  async check(): Promise<number> {
    this.isChecked = true;
    return ++this.checks;
  }

  uncheck(): void {
    this.isChecked = false;
  }

  throwIfClosed(): void {
    if (this.isClosed) throw new Error("closed");
  }

  /** Runs work whose attempts end one after another as given. Returns the result and the number of attempts. */
  async run(...attempts: (() => unknown)[]) {
    let count = 0;
    const link = this.link as unknown as NatsLink;
    const result = await retryOnChecked({ log: this, link, timeout: 5_000, task: "do the work" }, async () =>
      attempts[count++]?.(),
    );
    return { result, attempts: count };
  }
}

const throws = (error: unknown) => () => {
  throw error;
};

describe("work on a checked log", () => {
  it("begins after a check if the log is not checked over this connection", async () => {
    const log = new FakeLog();
    log.isChecked = false;
    expect(await log.run(() => log.checks)).toEqual({ result: 1, attempts: 1 });
  });

  it("runs again if the epoch or the connection changed while it ran", async () => {
    const log = new FakeLog();
    const result = await log.run(
      () => (log.epoch = "b"),
      () => (log.link.identity = "second"),
      () => "done",
    );
    expect(result).toEqual({ result: "done", attempts: 3 });
    expect(log.checks).toBe(0);
  });

  it.each([
    ["does not exist", Object.assign(new Error("stream not found"), { code: STREAM_NOT_FOUND })],
    ["was replaced", new ReplacedStream("The stream was replaced.")],
  ])("runs again after another check if the stream %s", async (_, error) => {
    const log = new FakeLog();
    expect(await log.run(throws(error), () => log.checks)).toEqual({ result: 1, attempts: 2 });
  });

  it("runs again if the connection broke, or if the client's own timeout passed", async () => {
    const log = new FakeLog();
    const timeout = Object.assign(new Error("timeout"), { name: "TimeoutError" });
    const result = await log.run(throws(new BrokenLink("lost", { store: "NATS" })), throws(timeout), () => null);
    expect(result).toEqual({ result: null, attempts: 3 });
    expect(log.checks).toBe(0);
  });

  it("rejects with any other error at once", async () => {
    await expect(new FakeLog().run(throws(new Error("denied")), () => "done")).rejects.toThrow("denied");
  });

  it("stops once the log is closed", async () => {
    const log = new FakeLog();
    const close = () => void (log.isClosed = true);
    await expect(log.run(close, () => "done")).rejects.toThrow("closed");
  });
});
