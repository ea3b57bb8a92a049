import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { type ChannelOptions, createSluice, type JobsOptions } from "../../src/index.ts";
import { lmdbLog } from "../../src/logs/lmdb/lmdb-log.ts";
import { until } from "../support/until.ts";
import { ended, open, ReloadedModule, serve } from "./support/reloaded-module.ts";

const info = vi.spyOn(console, "info").mockImplementation(() => undefined);
let module: ReloadedModule;
beforeEach(() => {
  module = new ReloadedModule();
  info.mockClear();
});
afterEach(() => module.close());

const makeFolder = () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-reload-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

/** A schema that accepts everything and adds a mark. */
const schema = (mark: string) => ({
  "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value: `${value}${mark}` }) },
});

describe("a channel of a shared Sluice that is defined again with equal options", () => {
  it.each<[string, () => ChannelOptions]>([
    ["none", () => ({})],
    ["values", () => ({ retain: { events: 10 }, topics: "required" })],
    ["a function with the same source text", () => ({ latestBy: ({ type }) => type })],
  ])("is the same channel, with its open streams: %s", async (_, options) => {
    const sluice = module.load();
    const channel = sluice.channel("news", options());
    const stream = await open(await serve(() => [sluice, channel.subscribe({ topics: ["a"] })]));
    expect(sluice.channel("news", options())).toBe(channel);
    await channel.publish("n", 1, { topics: ["a"] });
    expect(await stream.next()).toMatchObject({ data: "1" });
    expect(info).not.toHaveBeenCalled();
  });

  it("uses the functions and the schemas of the new definition", async () => {
    const sluice = module.load();
    const define = (key: string) =>
      sluice.channel<{ n: string }>("news", { latestBy: () => key, schemas: { n: schema(key) } });
    const channel = define("a");
    await channel.publish("n", "1");
    await define("b").publish("n", "2");
    const latest = [];
    for await (const { data } of channel.subscribe({ initial: "latest" })) if (latest.push(data) === 2) break;
    expect(latest).toEqual(["1a", "2b"]);
  });
});

describe("a channel of a shared Sluice that is defined again with other options", () => {
  it("ends its streams, whose clients reconnect at once, and leaves the others", async () => {
    const sluice = module.load();
    const source = (name: string) => sluice.channel(name).subscribe();
    sluice.channel("news", { retain: { events: 10 } });
    const [news, other] = await Promise.all([
      open(await serve(() => [sluice, source("news")])),
      open(await serve(() => [sluice, source("other")])),
    ]);
    const next = sluice.channel("news", { retain: { events: 2 } });
    await ended(news);
    expect(news.retry).toBe(100);
    for (let n = 0; n < 5; n++) await next.publish("n", n);
    expect(next.stats().retained).toBe(2);
    await sluice.channel("other").publish("n", 1);
    expect(await other.next()).toMatchObject({ data: "1" });
    expect(info.mock.calls).toEqual([[expect.stringContaining('the channel "news"')]]);
    expect(info.mock.calls[0]?.[0]).toContain("(retain)");
  });

  it("keeps its events and its position in a memory log", async () => {
    const sluice = module.load();
    const url = await serve(() => [sluice, sluice.channel("news").subscribe()]);
    const id = await sluice.channel("news", { retain: { events: 10 } }).publish("n", 1);
    for (let n = 2; n <= 4; n++) await sluice.channel("news").publish("n", n);
    sluice.channel("news", { retain: { events: 2 } });
    await sluice.channel("news").publish("n", 5);
    const { events } = await sluice.channel("news").history();
    expect(events.map(({ data }) => data)).toEqual([4, 5]);
    sluice.channel("news", { retain: { events: 20 } });
    expect(await (await open(url, events[0]?.id)).next()).toMatchObject({ type: "n", data: "5" });
    expect(await (await open(url, id)).next()).toMatchObject({ type: "gap", data: expect.stringContaining("trimmed") });
  });

  it("continues where a log on disk was, without a gap", async () => {
    const sluice = module.load({ log: lmdbLog({ path: makeFolder() }) });
    const url = await serve(() => [sluice, sluice.channel("news").subscribe()]);
    const id = await sluice.channel("news", { retain: { events: 10 } }).publish("n", 1);
    const stream = await open(url);
    const next = sluice.channel("news", { retain: { events: 20 } });
    await ended(stream);
    await next.publish("n", 2);
    expect(await (await open(url, id)).next()).toMatchObject({ type: "n", data: "2" });
  });

  it("receives the calls of modules that still have the old one, also with subscriptions and filters", async () => {
    const sluice = module.load();
    const old = sluice.channel<{ n: number }>("news", { retain: { events: 10 } });
    const odd = old.subscribe({ filter: ({ data }) => data % 2 === 1 });
    const next = sluice.channel<{ n: number }>("news", { retain: { events: 20 } });
    const even = next.subscribe({ filter: ({ data }) => data % 2 === 0 });
    const [odds, evens] = await Promise.all([
      open(await serve(() => [sluice, odd])),
      open(await serve(() => [sluice, even])),
    ]);
    for (let n = 1; n <= 4; n++) await (n % 2 === 0 ? old : next).publish("n", n);
    expect([await odds.next(), await odds.next()]).toMatchObject([{ data: "1" }, { data: "3" }]);
    expect([await evens.next(), await evens.next()]).toMatchObject([{ data: "2" }, { data: "4" }]);
    expect((await old.history()).events).toHaveLength(4);
    expect(old.stats()).toEqual(next.stats());
  });

  it("is refused if the options are wrong, and the channel stays as it is", async () => {
    const sluice = module.load();
    const channel = sluice.channel("news");
    expect(() => sluice.channel("news", { maxTopics: -1 })).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION" }),
    );
    expect(sluice.channel("news")).toBe(channel);
    await channel.publish("n", 1);
  });

  it("keeps the order of many definitions in a row", async () => {
    const sluice = module.load({ log: lmdbLog({ path: makeFolder() }) });
    const published: Promise<string>[] = [];
    for (let n = 1; n <= 10; n++)
      published.push(sluice.channel("news", { retain: { events: 100 + n } }).publish("n", n));
    await Promise.all(published);
    const { events } = await sluice.channel("news").history();
    expect(events.map(({ data }) => data)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

describe("jobs of a shared Sluice that are defined again", () => {
  it.each([{}, { keepFor: 2_000 }, { maxJobs: 5 }, { retain: { events: 20 } }])(
    "are the same, and running jobs go on: %j",
    async (changed) => {
      const sluice = module.load();
      const define = (options: JobsOptions) =>
        sluice.jobs<never, string>("exports", { keepFor: 1_000, retain: { events: 10 }, ...options });
      const jobs = define({});
      let finish: ((result: string) => void) | undefined;
      const { id } = jobs.start(() => new Promise((resolve) => void (finish = resolve)));
      const stream = await open(await serve(() => [sluice, jobs.progress(id)]));
      await until("the job runs", () => finish !== undefined);
      expect(define(changed)).toBe(jobs);
      finish?.("done");
      expect(await stream.next()).toMatchObject({ type: "completed", data: "done" });
    },
  );

  it("use the new limits at once", async () => {
    const sluice = module.load();
    const jobs = sluice.jobs("exports", { maxJobs: 1 });
    jobs.start(() => new Promise(() => undefined));
    expect(() => jobs.start(() => 1)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    sluice.jobs("exports", { maxJobs: 2 });
    expect(await jobs.start(() => 1).result).toBe(1);
  });
});

describe("a channel or jobs of a Sluice that is not shared", () => {
  it.each<[string, ChannelOptions, ChannelOptions]>([
    ["retain", {}, { retain: { events: 7 } }],
    ["maxTopics", { maxTopics: 6 }, { maxTopics: 7 }],
    ["latestBy", { latestBy: ({ type }) => type }, {}],
    ["topics", {}, { topics: "required" }],
    ["schemas", { schemas: { n: schema("") } }, { schemas: { m: schema("") } }],
    ["window,maxEventBytes", {}, { window: { bytes: 1_000 }, maxEventBytes: 9 }],
  ])("cannot be defined again with other options; the error names %s", (names, before, after) => {
    const sluice = createSluice();
    onTestFinished(() => sluice.close());
    sluice.channel("news", before);
    expect(() => sluice.channel("news", after)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(`options: ${names}.`) }),
    );
  });

  it.each<[string, () => ChannelOptions | undefined]>([
    ["no options", () => undefined],
    ["equal options", () => ({ retain: { events: 7 }, latestBy: ({ type }) => type, window: {} })],
    [
      "options that equal the defaults",
      () => ({ retain: { events: 7, age: Number.POSITIVE_INFINITY }, latestBy: ({ type }) => type }),
    ],
  ])("are the same with %s", (_, again) => {
    const sluice = createSluice();
    onTestFinished(() => sluice.close());
    const channel = sluice.channel("news", { retain: { events: 7 }, latestBy: ({ type }) => type });
    expect(sluice.channel("news", again())).toBe(channel);
  });

  it("are named with the options of jobs that differ", () => {
    const sluice = createSluice();
    onTestFinished(() => sluice.close());
    const jobs = sluice.jobs("exports", { maxJobs: 5 });
    expect(sluice.jobs("exports", { maxJobs: 5, retain: {} })).toBe(jobs);
    const retaining = () => sluice.jobs("exports", { maxJobs: 5, retain: { events: 1 } });
    expect(retaining).toThrow(expect.objectContaining({ message: expect.stringContaining("options: retain.") }));
    const other = () => sluice.jobs("exports", { maxJobs: 6 });
    expect(other).toThrow(expect.objectContaining({ message: expect.stringContaining("options: maxJobs.") }));
  });
});
