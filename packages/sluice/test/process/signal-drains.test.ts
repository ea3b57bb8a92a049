import { EventEmitter } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { SignalDrains } from "../../src/process/signal-drains.ts";
import { stopClock } from "../support/clocks/clock.ts";
import { turns } from "../support/turns.ts";

/** A process that records how it would end. */
class FakeProcess extends EventEmitter {
  readonly pid = 7;
  readonly ends: string[] = [];
  /** Signals that the platform does not have. */
  readonly missing = ["SIGBREAK"];
  mayKill = true;

  override prependListener(signal: string, listener: () => void): this {
    if (this.missing.includes(signal)) throw new Error("EINVAL");
    return super.prependListener(signal, listener);
  }

  kill(pid: number, signal: string): void {
    if (!this.mayKill) throw new Error("NotCapable");
    this.ends.push(`kill ${pid} ${signal}`);
  }

  exit(code: number): void {
    this.ends.push(`exit ${code}`);
  }

  getBuiltinModule(name: string): unknown {
    return process.getBuiltinModule(name);
  }
}

function makeDrains() {
  const fake = new FakeProcess();
  return { fake, drains: new SignalDrains(fake as unknown as NodeJS.Process) };
}

function makeSluice() {
  const calls: string[] = [];
  const record = (name: string) => async (options?: object) => {
    calls.push(options === undefined ? name : `${name} ${JSON.stringify(options)}`);
  };
  return { calls, drain: record("drain"), close: record("close") };
}

describe("SignalDrains", () => {
  it("drains, closes, and raises the signal", async () => {
    const { fake, drains } = makeDrains();
    const sluice = makeSluice();
    drains.add(["SIGTERM"], sluice);
    fake.emit("SIGTERM", "SIGTERM");
    await turns(3);
    expect(sluice.calls).toEqual(["drain", "close"]);
    expect(fake.ends).toEqual(["kill 7 SIGTERM"]);
    expect(fake.listenerCount("SIGTERM")).toBe(0);
  });

  it("takes a signal that comes again at once, from a terminal and from npm, for one; a later one cuts", async () => {
    using _clock = stopClock();
    const { fake, drains } = makeDrains();
    const sluice = { ...makeSluice(), drain: vi.fn(() => new Promise<void>(() => undefined)) };
    drains.add(["SIGINT"], sluice);
    fake.emit("SIGINT", "SIGINT");
    vi.advanceTimersByTime(99);
    fake.emit("SIGINT", "SIGINT");
    await turns(3);
    expect([sluice.drain.mock.calls, fake.ends]).toEqual([[[]], []]);
    vi.advanceTimersByTime(1);
    fake.emit("SIGINT", "SIGINT");
    await turns(3);
    expect(fake.ends).toEqual(["kill 7 SIGINT"]);
  });

  it("drains only the Sluices that named the signal", async () => {
    const { fake, drains } = makeDrains();
    const [one, other] = [makeSluice(), makeSluice()];
    drains.add(["SIGTERM"], one);
    drains.add(["SIGINT"], other);
    fake.emit("SIGTERM", "SIGTERM");
    await turns(3);
    expect([one.calls, other.calls]).toEqual([["drain", "close"], []]);
  });

  it("has one listener for any number of Sluices, and none after the last one was removed", () => {
    const { fake, drains } = makeDrains();
    const removals = Array.from({ length: 20 }, () => drains.add(["SIGTERM", "SIGINT"], makeSluice()));
    expect([fake.listenerCount("SIGTERM"), fake.listenerCount("SIGINT")]).toEqual([1, 1]);
    for (const remove of removals) remove();
    for (const remove of removals) remove();
    expect(fake.eventNames()).toEqual([]);
    drains.add(["SIGTERM"], makeSluice());
    expect(fake.listenerCount("SIGTERM")).toBe(1);
  });

  it("ignores a signal that the platform does not have", () => {
    const { fake, drains } = makeDrains();
    const remove = drains.add(["SIGBREAK", "SIGTERM"], makeSluice());
    expect(fake.eventNames()).toEqual(["SIGTERM"]);
    remove();
    expect(fake.eventNames()).toEqual([]);
  });

  it("neither closes nor raises if a listener was there, even one that removed itself", async () => {
    const { fake, drains } = makeDrains();
    const sluice = makeSluice();
    fake.once("SIGTERM", () => undefined);
    drains.add(["SIGTERM"], sluice);
    fake.emit("SIGTERM", "SIGTERM");
    await turns(3);
    expect([sluice.calls, fake.ends]).toEqual([["drain"], []]);
  });

  it("does not raise if a listener came during the drain", async () => {
    const { fake, drains } = makeDrains();
    const sluice = makeSluice();
    drains.add(["SIGTERM"], sluice);
    fake.emit("SIGTERM", "SIGTERM");
    fake.on("SIGTERM", () => undefined);
    await turns(3);
    expect([sluice.calls, fake.ends]).toEqual([["drain"], []]);
  });

  it.each([3, 4])("raises past the listeners of signal-exit %i, which act only if they are alone", async (version) => {
    const { fake, drains } = makeDrains();
    const emitter = version === 3 ? "__signal_exit_emitter__" : Symbol.for("signal-exit emitter");
    vi.stubGlobal(emitter as string, { count: 1 });
    Object.assign(fake, { [emitter]: { count: 1 } });
    fake.on("SIGTERM", () => undefined);
    drains.add(["SIGTERM"], makeSluice());
    fake.emit("SIGTERM", "SIGTERM");
    await turns(3);
    vi.unstubAllGlobals();
    expect(fake.ends).toEqual(["kill 7 SIGTERM"]);
  });

  it("exits with the status of the signal if the raised signal does not end the process", async () => {
    using _clock = stopClock();
    for (const mayKill of [true, false]) {
      const { fake, drains } = makeDrains();
      fake.mayKill = mayKill;
      drains.add(["SIGINT"], makeSluice());
      fake.emit("SIGINT", "SIGINT");
      await turns(3);
      vi.advanceTimersByTime(1_000);
      expect(fake.ends.at(-1)).toBe("exit 130");
    }
  });

  it("raises although a Sluice fails to drain or never closes", async () => {
    using _clock = stopClock();
    const { fake, drains } = makeDrains();
    drains.add(["SIGTERM"], { ...makeSluice(), drain: () => Promise.reject(new Error("x")) });
    drains.add(["SIGTERM"], { ...makeSluice(), close: () => new Promise(() => undefined) });
    fake.emit("SIGTERM", "SIGTERM");
    await turns(3);
    expect(fake.ends).toEqual([]);
    vi.advanceTimersByTime(5_000);
    await turns(3);
    expect(fake.ends).toEqual(["kill 7 SIGTERM"]);
  });
});
