import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createSluice, memoryLog, type SluiceOptions, sharedSluice } from "../../src/index.ts";
import { lmdbLog } from "../../src/logs/lmdb/lmdb-log.ts";
import { sluiceMetrics } from "../../src/metrics/index.ts";
import { SharedMemory } from "../logs/support/shared-memory.ts";
import { heapGrowthPerUnit } from "../support/heap.ts";
import { expectRoundBelow } from "../support/rounds.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";
import { ended, open, ReloadedModule, serve } from "./support/reloaded-module.ts";

const info = vi.spyOn(console, "info").mockImplementation(() => undefined);

/** Returns a module that is closed after the test. */
function moduleOfTest(): ReloadedModule {
  const module = new ReloadedModule();
  onTestFinished(() => module.close());
  return module;
}

describe("1,000 reloads", () => {
  const signals = () => process.listenerCount("SIGUSR2");
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

  /** Growth of the heap allowed per reload, in bytes: less than a Sluice, which has several thousand. */
  const BYTES_PER_RELOAD = 600;

  it.each<[string, (n: number) => SluiceOptions]>([
    ["of an unchanged definition", () => ({ drainOn: ["SIGUSR2"], onError: () => undefined })],
    ["that change the definition", (n) => ({ drainOn: ["SIGUSR2"], retry: 1_000 + n })],
  ])("%s leave no memory, timer or listener behind", async (_, options) => {
    const module = moduleOfTest();
    const reload = async (n: number) => {
      const sluice = module.load(options(n));
      const channel = sluice.channel("news", { retain: { events: 10 }, latestBy: ({ type }) => type });
      sluice.jobs("exports", { maxJobs: 7 });
      await channel.publish("n", n);
    };
    const idle = signals();
    for (let n = 0; n < 200; n++) await reload(n);
    await until("the reloads are done", () => signals() === idle + 1);
    info.mockClear();
    const timersBefore = timers();
    let n = 200;
    const reloadMany = async () => {
      for (const end = n + 1_000; n < end; n++) await reload(n);
      await until("the reloads are done", () => timers() <= timersBefore + 2);
      info.mockClear();
    };
    await expectRoundBelow(BYTES_PER_RELOAD, () => heapGrowthPerUnit(1_000, reloadMany));
    expect(signals()).toBe(idle + 1);
  });

  it("that change a channel leave no memory behind", async () => {
    const module = moduleOfTest();
    const reload = async (n: number) => {
      await module
        .load()
        .channel("news", { retain: { events: 1 + (n % 2) } })
        .publish("n", n);
    };
    let n = 0;
    const reloadMany = async (count: number) => {
      for (const end = n + count; n < end; n++) await reload(n);
      info.mockClear();
    };
    await reloadMany(200);
    await expectRoundBelow(BYTES_PER_RELOAD, () => heapGrowthPerUnit(1_000, () => reloadMany(1_000)));
  });
});

describe("a reload that changes the definition, on a shared log", () => {
  it("ends the streams, whose clients resume without a gap, and leaves one node", async () => {
    const store = new SharedMemory();
    const module = moduleOfTest();
    const define = (retry: number) => module.load({ log: store.open(), nodeTimeout: 400, retry });
    let sluice = define(1_000);
    const url = await serve(() => [sluice, sluice.channel("news").subscribe()]);
    const stream = await open(url);
    const id = await sluice.channel("news").publish("n", 1);
    sluice = define(2_000);
    await ended(stream);
    await sluice.channel("news").publish("n", 2);
    const resumed = await open(url, id);
    expect(await resumed.next()).toMatchObject({ type: "n", data: "2" });
    const other = createSluice({ log: store.open(), nodeTimeout: 400 });
    onTestFinished(() => other.close());
    await until("both nodes know each other", () => {
      const { nodes, subscribers } = other.presence("news");
      return nodes === 2 && subscribers === 1;
    });
  });
});

describe("a reload that changes the definition, on a log on disk", () => {
  it("waits until the old Sluice has closed the folder; clients resume without a gap", async () => {
    const path = mkdtempSync(join(tmpdir(), "sluice-reload-"));
    onTestFinished(() => rmSync(path, { recursive: true }));
    const module = moduleOfTest();
    const define = (retry: number) => module.load({ log: lmdbLog({ path }), retry });
    let sluice = define(1_000);
    const url = await serve(() => [sluice, sluice.channel("news").subscribe()]);
    const stream = await open(url);
    const id = await sluice.channel("news").publish("n", 1);
    sluice = define(2_000);
    const published = sluice.channel("news").publish("n", 2);
    await ended(stream);
    await published;
    expect(await (await open(url, id)).next()).toMatchObject({ type: "n", data: "2" });
    expect(define(2_000)).toBe(sluice);
  });
});

describe("shared Sluices", () => {
  it("with two names are two, and a reload of one leaves the other", async () => {
    const [a, b] = [moduleOfTest(), moduleOfTest()];
    const [first, second] = [a.load(), b.load()];
    expect(first).not.toBe(second);
    const stream = await open(await serve(() => [second, second.channel("news").subscribe()]));
    a.load({ retry: 5_000 });
    await turns(10);
    expect(b.load()).toBe(second);
    await second.channel("news").publish("n", 1);
    expect(await stream.next()).toMatchObject({ data: "1" });
  });

  it("decide at once, also in the first reload of the process", () => {
    const module = moduleOfTest();
    const sluice = module.load();
    expect(module.load()).toBe(sluice);
    const next = module.load({ retry: 5_000 });
    expect(next).not.toBe(sluice);
    expect(module.load({ retry: 5_000 })).toBe(next);
  });

  it("of another version of the package are replaced, also in production", async () => {
    const module = moduleOfTest();
    const old = module.load();
    Object.assign(old.parts.settings, { version: "0.0.1" });
    vi.stubEnv("NODE_ENV", "production");
    onTestFinished(() => void vi.unstubAllEnvs());
    const sluice = module.load();
    expect(sluice).not.toBe(old);
    await until("it is closed", () => old.parts.hub === sluice.parts.hub);
    expect(module.load()).toBe(sluice);
  });

  it("use the functions of the newest module, also if their source text is equal", async () => {
    const module = moduleOfTest();
    const define = (key: string) => module.load({ connectionKey: () => key, maxConnectionsPerKey: 1 });
    const sluice = define("a");
    const url = await serve(() => [sluice, sluice.channel("news").subscribe()]);
    await open(url);
    expect((await fetch(url)).status).toBe(429);
    define("b");
    await until("the new function counts", async () => {
      const { status, body } = await fetch(url);
      await body?.cancel();
      return status === 200;
    });
  });

  it("have their metrics once, also if each evaluation of the module adds them", async () => {
    const module = moduleOfTest();
    const register = new Registry();
    const define = (retry: number) => sluiceMetrics(module.load({ retry }), { register });
    define(1_000);
    define(1_000);
    define(2_000);
    await module.load({ retry: 2_000 }).channel("news").publish("n", 1);
    expect(await register.metrics()).toContain("sluice_events_published_total 1");
    await until("the old Sluice is replaced", () => info.mock.calls.flat().join().includes(module.key));
    define(2_000);
    const other = createSluice();
    onTestFinished(() => other.close());
    expect(() => sluiceMetrics(other, { register })).toThrow("already been registered");
    expect(await register.metrics()).toContain("sluice_events_published_total 1");
  });

  it("answer over HTTP with the stale handler of a module that was not loaded again", async () => {
    const module = moduleOfTest();
    const old = module.load();
    const url = await serve(() => [old, old.channel("news").subscribe()]);
    const sluice = module.load({ retry: 5_000 });
    const stream = await open(url);
    await sluice.channel("news").publish("n", 1);
    expect(await stream.next()).toMatchObject({ data: "1" });
  });

  it("end an iteration when they are replaced", async () => {
    const module = moduleOfTest();
    const iterator = module.load().channel("news").subscribe()[Symbol.asyncIterator]();
    const next = iterator.next();
    await turns(20);
    module.load({ retry: 5_000 });
    expect(await next).toEqual({ done: true, value: undefined });
  });

  it("cancel their jobs when they are replaced", async () => {
    const module = moduleOfTest();
    const jobs = module.load().jobs("exports");
    const { result } = jobs.start(
      ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    );
    await turns(20);
    module.load({ retry: 5_000 });
    await expect(result).rejects.toMatchObject({ name: "AbortError" });
  });

  it("compare a log by its JSON, and a log that has none equals another", async () => {
    const module = moduleOfTest();
    const logOf = (fields: object) => ({ ...memoryLog(), toJSON: () => fields });
    const circular = () => {
      const client: { self?: object } = {};
      client.self = client;
      return logOf({ client });
    };
    const sluice = module.load({ log: circular() });
    expect(module.load({ log: circular() })).toBe(sluice);
    expect(module.load({ log: logOf({ path: "a" }) })).not.toBe(sluice);
  });

  it("report a log that fails to close, and the new one goes on", async () => {
    const module = moduleOfTest();
    const onError = vi.fn();
    const close = () => Promise.reject(new Error("The disk is gone."));
    const old = module.load({ log: { ...memoryLog(), close }, onError });
    await old.channel("news").publish("n", 1);
    const sluice = module.load();
    expect(await sluice.channel("news").publish("n", 2)).toMatch(/-1$/);
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ message: "The disk is gone." }), { stage: "log" });
  });

  it("keep the filters of earlier and of later subscriptions apart", async () => {
    const module = moduleOfTest();
    const isOdd = ({ data }: { data: unknown }) => Number(data) % 2 === 1;
    const odd = module.load().channel("news").subscribe({ filter: isOdd });
    const sluice = module.load({ retry: 5_000 });
    const even = sluice.channel("news").subscribe({ filter: (event) => !isOdd(event) });
    await until("the old Sluice is replaced", () => info.mock.calls.flat().join().includes(module.key));
    const [odds, evens] = await Promise.all([
      open(await serve(() => [sluice, odd])),
      open(await serve(() => [sluice, even])),
    ]);
    for (let n = 1; n <= 4; n++) await sluice.channel("news").publish("n", n);
    expect([await odds.next(), await odds.next()]).toMatchObject([{ data: "1" }, { data: "3" }]);
    expect([await evens.next(), await evens.next()]).toMatchObject([{ data: "2" }, { data: "4" }]);
  });

  it("are replaced by a wrong key or function only with an error", () => {
    const module = moduleOfTest();
    const sluice = module.load();
    expect(() => sharedSluice(module.key, {} as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    expect(module.load()).toBe(sluice);
    expect(info).not.toHaveBeenCalledWith(expect.stringContaining(module.key));
  });
});
