import { Registry } from "prom-client";
import { afterEach, describe, expect, it } from "vitest";
import { createSluice, type Sluice } from "../../src/index.ts";
import { sluiceMetrics } from "../../src/metrics/index.ts";

let sluice: Sluice;
afterEach(() => sluice.close());

/** Returns the samples of the metrics of channels, by their text up to the value. */
async function samples(register: Registry): Promise<Record<string, number>> {
  const lines = (await register.metrics()).split("\n").filter((line) => /^sluice_channel/.test(line));
  return Object.fromEntries(lines.map((line) => [line.replace(/ \S+$/, ""), Number(line.split(" ").at(-1))]));
}

const published = (channel: string) => `sluice_channel_events_published_total{channel="${channel}"}`;

async function publishTo(names: readonly string[]): Promise<void> {
  for (const name of names) await sluice.channel(name).publish("n", 1);
}

const docs = (count: number) => Array.from({ length: count }, (_, i) => `doc:${i}`);

describe("the metrics of many channels", () => {
  it("have series for the first 50, and one for all others", async () => {
    sluice = createSluice();
    const register = new Registry();
    sluiceMetrics(sluice, { register });
    await publishTo(docs(60));
    const before = await samples(register);
    expect(before).toMatchObject({ sluice_channels: 60, [published("doc:49")]: 1, [published("other")]: 10 });
    expect(before['sluice_channel_retained_events{channel="other"}']).toBe(10);
    expect(before[published("doc:50")]).toBeUndefined();
    await publishTo(docs(1_000));
    const after = await samples(register);
    expect(Object.keys(after)).toEqual(Object.keys(before));
    expect(after[published("other")]).toBe(10 + 950);
  });

  it("are of the named channels alone if they are named, within the limit", async () => {
    sluice = createSluice();
    const register = new Registry();
    sluiceMetrics(sluice, { register, channels: ["doc:3", "doc:70"] });
    await publishTo(docs(80));
    const found = await samples(register);
    expect(Object.keys(found).filter((name) => name.includes("published"))).toEqual([
      published("doc:3"),
      published("doc:70"),
    ]);
  });

  it("have as many series as `maxChannels` allows", async () => {
    sluice = createSluice();
    const register = new Registry();
    sluiceMetrics(sluice, { register, maxChannels: 2 });
    await publishTo(docs(3));
    const found = await samples(register);
    expect(found).toMatchObject({ [published("doc:0")]: 1, [published("doc:1")]: 1, [published("other")]: 1 });
  });

  it("have no series of channels if `maxChannels` is 0, but the sum", async () => {
    sluice = createSluice();
    const register = new Registry();
    sluiceMetrics(sluice, { register, maxChannels: 0 });
    await publishTo(docs(3));
    expect(Object.keys(await samples(register)).filter((name) => name.includes("published"))).toEqual([
      published("other"),
    ]);
  });

  it("count on when channels close and open again: no counter goes down", async () => {
    sluice = createSluice();
    const register = new Registry();
    sluiceMetrics(sluice, { register, maxChannels: 2 });
    await publishTo(docs(4));
    const counts: Record<string, number>[] = [await samples(register)];
    for (let round = 0; round < 3; round++) {
      for (const name of docs(4)) await sluice.channel(name).close();
      counts.push(await samples(register));
      await publishTo(docs(4));
      counts.push(await samples(register));
    }
    for (const name of ["doc:0", "doc:1", "other"].map(published)) {
      const series = counts.map((found) => found[name] ?? 0);
      expect([...series].sort((a, b) => a - b)).toEqual(series);
    }
    expect(counts.at(-1)).toMatchObject({ [published("doc:0")]: 4, [published("other")]: 8, sluice_channels: 4 });
  });
});
