import { Counter, type OpenMetricsContentType, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { createSluice } from "../../src/index.ts";
import { type MeasuredChannel, type SluiceMetricsOptions, sluiceMetrics } from "../../src/metrics/index.ts";

const FIGURES = {
  streams: 5,
  live: 3,
  lagging: 1,
  opened: 10,
  closed: { client: 4, stalled: 2 } as Record<string, number>,
  published: 100,
  delivered: 400,
  bytes: 108_000,
  gaps: 5,
  heartbeats: 6,
  channels: {} as Record<string, MeasuredChannel>,
  channelCount: 7,
};

function measured() {
  const figures = structuredClone(FIGURES);
  const sluice = {
    figures,
    reads: 0,
    stats: () => {
      sluice.reads++;
      return figures;
    },
  };
  return sluice;
}

const channel = (retained: number): MeasuredChannel => ({
  ...{ live: 2, lagging: 0, published: 20, retained },
  window: { bytes: 512 },
});

/** Returns the lines with samples that Prometheus reads, without comments. */
async function samples(register: { metrics(): Promise<string> }): Promise<string[]> {
  return (await register.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

describe("the metrics of a Sluice", () => {
  it("equal its stats", async () => {
    const register = new Registry();
    sluiceMetrics(measured(), { register });
    expect(await samples(register)).toEqual([
      "sluice_streams 5",
      'sluice_subscribers{state="live"} 3',
      'sluice_subscribers{state="lagging"} 1',
      "sluice_streams_opened_total 10",
      'sluice_streams_closed_total{reason="client"} 4',
      'sluice_streams_closed_total{reason="stalled"} 2',
      "sluice_events_published_total 100",
      "sluice_events_delivered_total 400",
      "sluice_sent_bytes_total 108000",
      "sluice_gaps_total 5",
      "sluice_heartbeats_total 6",
      "sluice_channels 7",
    ]);
  });

  it("have a help text and a type", async () => {
    const register = new Registry();
    sluiceMetrics(measured(), { register });
    const text = await register.metrics();
    expect(text).toContain("# HELP sluice_streams Event streams open now.");
    expect(text).toContain("# TYPE sluice_streams gauge");
    expect(text).toContain("# TYPE sluice_streams_closed_total counter");
  });

  it("are read at each scrape, and counters do not add up the totals they read", async () => {
    const register = new Registry();
    const sluice = measured();
    sluiceMetrics(sluice, { register });
    await samples(register);
    Object.assign(sluice.figures, { live: 0, opened: 11, closed: { client: 5, drained: 1 } });
    const text = await samples(register);
    expect(text).toContain('sluice_subscribers{state="live"} 0');
    expect(text).toContain("sluice_streams_opened_total 11");
    expect(text.filter((line) => line.includes("closed"))).toEqual([
      'sluice_streams_closed_total{reason="client"} 5',
      'sluice_streams_closed_total{reason="drained"} 1',
    ]);
  });

  it("are consistent: a scrape reads the stats once", async () => {
    const register = new Registry();
    const sluice = measured();
    sluiceMetrics(sluice, { register });
    await samples(register);
    expect(sluice.reads).toBe(1);
    await samples(register);
    expect(sluice.reads).toBe(2);
  });

  it("include every channel, also one that is made later", async () => {
    const register = new Registry();
    const sluice = measured();
    sluiceMetrics(sluice, { register });
    sluice.figures.channels = { orders: channel(7) };
    expect((await samples(register)).filter((line) => line.includes("channel="))).toEqual([
      'sluice_channel_subscribers{channel="orders",state="live"} 2',
      'sluice_channel_subscribers{channel="orders",state="lagging"} 0',
      'sluice_channel_events_published_total{channel="orders"} 20',
      'sluice_channel_retained_events{channel="orders"} 7',
      'sluice_channel_window_bytes{channel="orders"} 512',
    ]);
    sluice.figures.channels = { 'the "other"\n': channel(9) };
    const other = (await samples(register)).filter((line) => line.includes("retained"));
    expect(other).toEqual(['sluice_channel_retained_events{channel="the \\"other\\"\\n"} 9']);
  });

  it("leave out channels for which the option `channels` returns false", async () => {
    const register = new Registry();
    const sluice = measured();
    sluice.figures.channels = { orders: channel(7), "jobs:1": channel(1) };
    sluiceMetrics(sluice, { register, channels: (name) => !name.startsWith("jobs:") });
    const lines = await samples(register);
    expect(lines.filter((line) => line.includes("jobs:1"))).toEqual([]);
    expect(lines).toContain('sluice_channel_retained_events{channel="orders"} 7');
  });

  it("count the work of a real Sluice", async () => {
    await using sluice = createSluice();
    const register = new Registry();
    sluiceMetrics(sluice, { register });
    await sluice.channel("orders").publish("placed", { id: 1 });
    const response = await sluice.response(new Request("http://localhost/"), async function* () {
      yield 1;
      yield 2;
    });
    await response.text();
    expect(await samples(register)).toEqual(
      expect.arrayContaining([
        "sluice_streams 0",
        "sluice_streams_opened_total 1",
        'sluice_streams_closed_total{reason="source-ended"} 1',
        'sluice_streams_closed_total{reason="client"} 0',
        "sluice_events_published_total 1",
        "sluice_events_delivered_total 2",
        'sluice_channel_retained_events{channel="orders"} 1',
      ]),
    );
  });

  it("can be added to a registry of OpenMetrics, and removed from it", async () => {
    const register: Registry<OpenMetricsContentType> = new Registry();
    register.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
    const unregister = sluiceMetrics(measured(), { register });
    const text = await register.metrics();
    expect(text).toContain("# TYPE sluice_streams_opened counter\nsluice_streams_opened_total 10\n");
    expect(text).toMatch(/# EOF\n$/);
    unregister();
    expect(await samples(register)).toEqual([]);
  });

  it("of two Sluices share a registry if their prefixes differ", async () => {
    const register = new Registry();
    sluiceMetrics(measured(), { register, prefix: "a_" });
    sluiceMetrics(measured(), { register, prefix: "b_" });
    expect(await samples(register)).toEqual(expect.arrayContaining(["a_gaps_total 5", "b_gaps_total 5"]));
  });

  it("do not affect other metrics of the registry when they are removed", async () => {
    const register = new Registry();
    new Counter({ name: "mine_total", help: "Mine.", registers: [register] });
    const unregister = sluiceMetrics(measured(), { register });
    unregister();
    unregister();
    expect(await samples(register)).toEqual(["mine_total 0"]);
    sluiceMetrics(measured(), { register });
    expect(await samples(register)).toContain("sluice_gaps_total 5");
  });

  it("are all left out if one of them cannot be registered", async () => {
    const register = new Registry();
    new Counter({ name: "sluice_gaps_total", help: "Not ours.", registers: [register] });
    expect(() => sluiceMetrics(measured(), { register })).toThrow("sluice_gaps_total has already been registered");
    expect(await samples(register)).toEqual(["sluice_gaps_total 0"]);
  });
});

describe("sluiceMetrics()", () => {
  it.each<[what: string, sluice: unknown, options: unknown, message: string]>([
    ["an object that is not a Sluice", {}, { register: new Registry() }, "a Sluice"],
    ["no options", measured(), undefined, "sluiceMetrics options"],
    ["no registry", measured(), {}, "`register` must be a registry of prom-client"],
    ["a prefix that no metric can have", measured(), { register: new Registry(), prefix: "1-" }, "`prefix` must be"],
    [
      "channels that are neither names nor a function",
      measured(),
      { register: new Registry(), channels: "a" },
      "`channels` must be",
    ],
    ["a channel without a name", measured(), { register: new Registry(), channels: ["a", 1] }, "`channels[1]` must be"],
    [
      "a number of channels below 0",
      measured(),
      { register: new Registry(), maxChannels: -1 },
      "`maxChannels` must be",
    ],
    ["an unknown option", measured(), { registry: new Registry() }, "no option `registry`"],
  ])("throws for %s", (_what, sluice, options, message) => {
    expect(() => sluiceMetrics(sluice as MeasuredSluiceLike, options as SluiceMetricsOptions)).toThrow(message);
  });
});

type MeasuredSluiceLike = Parameters<typeof sluiceMetrics>[0];
