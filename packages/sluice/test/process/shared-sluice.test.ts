import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createSluice, type Log, memoryLog, type Sluice, type SluiceOptions, sharedSluice } from "../../src/index.ts";
import { ParkedSource } from "../support/sources.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";

import { ended, open, ReloadedModule, serve } from "./support/reloaded-module.ts";

const info = vi.spyOn(console, "info").mockImplementation(() => undefined);
let module: ReloadedModule;
beforeEach(() => {
  module = new ReloadedModule();
  info.mockClear();
});
afterEach(() => module.close());

describe("a shared Sluice that is defined again with equal options", () => {
  it.each<[string, () => SluiceOptions]>([
    ["none", () => ({})],
    ["its defaults", () => ({ heartbeat: 15_000, compress: false })],
    ["values", () => ({ heartbeat: 10_000, drain: { grace: 5 }, drainOn: ["SIGTERM"] })],
    ["functions with the same source text", () => ({ onError: () => undefined, connectionKey: () => "key" })],
    ["a log with the same options", () => ({ log: memoryLog() })],
  ])("is the same Sluice, with its open streams: %s", async (_, options) => {
    const sluice = module.load(options());
    const channel = sluice.channel("news");
    const stream = await open(await serve(() => [sluice, channel.subscribe()]));
    const again = module.load(options());
    expect(again).toBe(sluice);
    await turns(10);
    await again.channel("news").publish("n", 1);
    expect(await stream.next()).toMatchObject({ data: "1" });
    expect(sluice.stats().closed.drained).toBe(0);
    expect(info).not.toHaveBeenCalled();
  });

  it("keeps no listener for signals of the Sluice that was made to be compared", async () => {
    const count = () => process.listenerCount("SIGUSR2");
    const before = count();
    module.load({ drainOn: ["SIGUSR2"] });
    await until("it listens", () => count() === before + 1);
    for (let n = 0; n < 3; n++) module.load({ drainOn: ["SIGUSR2"] });
    await turns(20);
    expect(count()).toBe(before + 1);
    await module.close();
    expect(count()).toBe(before);
  });

  it("keeps the names that bundlers give to imports out of the comparison", () => {
    const make = (name: string) => new Function(`return (error) => ${name}.log(error)`)() as () => void;
    const sluice = module.load({ onError: make("__TURBOPACK__imported__module__a$5b$app$2d$route$5d$__") });
    expect(module.load({ onError: make("__TURBOPACK__imported__module__a$5b$app$2d$rsc$5d$__") })).toBe(sluice);
    const vite = module.load({ onError: make("__vi_import_0__.logger") });
    expect(module.load({ onError: make("__vi_import_1__.logger") })).toBe(vite);
    const webpack = module.load({ onError: make("_log__WEBPACK_IMPORTED_MODULE_0__") });
    expect(module.load({ onError: make("_log__WEBPACK_IMPORTED_MODULE_12__") })).toBe(webpack);
  });

  it("does not close a log that both share", async () => {
    const log: Log = { ...memoryLog(), close: vi.fn(() => Promise.resolve()) };
    module.load({ log });
    module.load({ log });
    await turns(10);
    expect(log.close).not.toHaveBeenCalled();
  });
});

describe("a shared Sluice that is defined again with other options", () => {
  it.each<[string, SluiceOptions, SluiceOptions]>([
    ["heartbeat", {}, { heartbeat: 10_000 }],
    ["drain", { drain: { grace: 5 } }, { drain: { grace: 6 } }],
    ["onError", { onError: () => undefined }, { onError: (error) => void error }],
    ["log", {}, { log: { ...memoryLog(), toJSON: () => ({ path: "b" }) } }],
  ])("is a new Sluice, and names the option: %s", async (name, before, after) => {
    const sluice = module.load(before);
    const next = module.load(after);
    expect(next).not.toBe(sluice);
    expect(next.health().status).toBe("ok");
    await until("the reload is announced", () => info.mock.calls.length > 0);
    expect(info.mock.calls).toEqual([[expect.stringContaining(`(${name})`)]]);
    expect(info.mock.calls[0]?.[0]).toContain(module.key);
  });

  it("ends the open streams, whose clients reconnect at once and receive a gap", async () => {
    let sluice = module.load();
    const url = await serve(() => [sluice, sluice.channel("news").subscribe()]);
    const stream = await open(url);
    const id = await sluice.channel("news").publish("n", 1);
    expect(await stream.next()).toMatchObject({ data: "1", lastEventId: id });
    sluice = module.load({ retry: 5_000 });
    await ended(stream);
    expect(stream.retry).toBe(100);
    const resumed = await open(url, id);
    expect(await resumed.next()).toMatchObject({ type: "gap" });
    await sluice.channel("news").publish("n", 2);
    expect(await resumed.next()).toMatchObject({ data: "2" });
  });

  it("answers requests whose source was being opened with a stream, not with a refusal", async () => {
    const sluice = module.load();
    let openSource: (() => void) | undefined;
    const source = () =>
      new Promise<AsyncIterable<unknown>>((resolve) => {
        openSource = () => resolve(new ParkedSource());
      });
    const answer = fetch(await serve(() => [sluice, source]));
    await until("the source is being opened", () => openSource !== undefined);
    module.load({ retry: 5_000 });
    await turns(20);
    openSource?.();
    const response = await answer;
    expect(response.status).toBe(200);
    expect(await response.text()).toContain("retry: 100");
  });

  it("receives the calls of modules that still have the old Sluice, its channels and its jobs", async () => {
    const old = module.load();
    const [orders, reports] = [old.channel("orders"), old.jobs("reports")];
    const subscription = orders.subscribe({ filter: () => true });
    const sluice = module.load({ retry: 5_000 });
    const url = await serve(() => [old, subscription]);
    const stream = await open(url);
    await orders.publish("placed", 1);
    await old.channel("orders").publish("placed", 2);
    await sluice.channel("orders").publish("placed", 3);
    expect([await stream.next(), await stream.next(), await stream.next()]).toMatchObject([
      { data: "1" },
      { data: "2" },
      { data: "3" },
    ]);
    expect((await orders.history()).events).toHaveLength(3);
    const { id } = reports.start(() => "done");
    await until("the job is completed", () => sluice.jobs("reports").get(id)?.state === "completed");
    expect(old.health()).toEqual(sluice.health());
    expect(old.stats()).toEqual(sluice.stats());
    const third = module.load({ retry: 6_000 });
    await orders.publish("placed", 4);
    expect((await third.channel("orders").history()).events).toHaveLength(1);
  });

  it("opens a log only when the old Sluice has closed it", async () => {
    const states: string[] = [];
    let finish = () => {};
    const logOf = (name: string): Log => {
      const log = memoryLog();
      return {
        shared: false,
        toJSON: () => ({ name }),
        open: async (channel, options) => {
          states.push(`${name} opens`);
          return log.open(channel, options);
        },
        close: async () => {
          if (name === "a") await new Promise<void>((resolve) => void (finish = resolve));
          states.push(`${name} is closed`);
        },
      };
    };
    await module
      .load({ log: logOf("a") })
      .channel("news")
      .publish("n", 1);
    const published = module
      .load({ log: logOf("b") })
      .channel("news")
      .publish("n", 2);
    await turns(30);
    expect(states).toEqual(["a opens"]);
    finish();
    await published;
    expect(states).toEqual(["a opens", "a is closed", "b opens"]);
  });

  it("goes on with the same log if both share it", async () => {
    const log = memoryLog();
    const close = vi.spyOn(log, "close");
    await module.load({ log }).channel("news").publish("n", 1);
    const sluice = module.load({ log, retry: 5_000 });
    await sluice.channel("news").publish("n", 2);
    expect(close).not.toHaveBeenCalled();
    await sluice.close();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it("replaces one that was closed, without a comparison", async () => {
    const sluice = module.load();
    await sluice.close();
    const next = module.load();
    expect(next).not.toBe(sluice);
    expect(next.health().status).toBe("ok");
    expect(info).not.toHaveBeenCalled();
  });

  it("replaces one that has drained, as a framework does that restarts in the same process", async () => {
    const sluice = module.load();
    await sluice.drain();
    expect(module.load().health().status).toBe("ok");
  });
});

describe("a make function", () => {
  it("that throws leaves the known Sluice as it is", () => {
    const sluice = module.load();
    const broken = () => {
      throw new Error("broken module");
    };
    expect(() => module.define(broken)).toThrow("broken module");
    expect(sluice.health().status).toBe("ok");
    expect(module.load()).toBe(sluice);
  });

  it("that throws at first defines nothing", () => {
    expect(() => module.load({ heartbeat: -1 })).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    expect(module.load().health().status).toBe("ok");
  });

  it("that returns the known Sluice keeps it", () => {
    const sluice = module.load();
    expect(module.define(() => sluice)).toBe(sluice);
    expect(sluice.health().status).toBe("ok");
  });

  it.each([
    ["a promise", async () => createSluice()],
    ["nothing", () => undefined],
    ["an object of Sluices", () => ({ sluice: createSluice() })],
  ])("that returns %s is refused", (_, make) => {
    const refused = expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining("a Sluice") });
    expect(() => sharedSluice(module.key, make as unknown as () => Sluice)).toThrow(refused);
    module.load();
    expect(() => sharedSluice(module.key, make as unknown as () => Sluice)).toThrow(refused);
  });

  it.each([[undefined], [""], [7]])("with the key %j is refused", (key) => {
    expect(() => sharedSluice(key as string, () => createSluice())).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining("`key`") }),
    );
  });

  it("that also makes channels defines them again", async () => {
    const define = (events: number) =>
      module.define(() => {
        const sluice = createSluice();
        sluice.channel("news", { retain: { events } });
        return sluice;
      });
    const sluice = define(10);
    for (let n = 0; n < 5; n++) await sluice.channel("news").publish("n", n);
    expect(define(10)).toBe(sluice);
    expect(sluice.channel("news").stats().retained).toBe(5);
    expect(define(3)).toBe(sluice);
    await until("the reload is announced", () => info.mock.calls.length > 0);
    for (let n = 0; n < 5; n++) await sluice.channel("news").publish("n", n);
    expect(sluice.channel("news").stats().retained).toBe(3);
  });
});

describe("in production", () => {
  beforeEach(() => void vi.stubEnv("NODE_ENV", "production"));
  afterEach(() => void vi.unstubAllEnvs());

  it("the known Sluice stays until it is closed, although a further call defines another one", async () => {
    const sluice = module.load();
    const make = vi.fn(() => createSluice({ heartbeat: 5_000 }));
    expect(module.define(make)).toBe(sluice);
    expect(make).not.toHaveBeenCalled();
    await sluice.close();
    const next = module.define(make);
    expect(next).not.toBe(sluice);
    expect(await next.channel("news").publish("n", 1)).toMatch(/-1$/);
  });

  it("the first definition of a channel stays: minifiers rename what functions of a copy use", () => {
    const channel = module.load().channel("news", { latestBy: (event) => event.type });
    expect(module.load().channel("news", { latestBy: (e) => e.type })).toBe(channel);
    expect(info).not.toHaveBeenCalled();
  });
});
