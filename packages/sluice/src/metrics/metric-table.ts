import type { ChannelSeries } from "./channel-series.ts";
import type { MeasuredChannel, MeasuredStats } from "./measured.ts";

/** The figures of a scrape. */
export interface ScrapedStats extends Omit<MeasuredStats, "channels" | "otherChannels"> {
  readonly series: readonly ChannelSeries[];
}

/** One value of a metric, with its labels. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric. Its name has no prefix yet. */
export interface Metric {
  readonly kind: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (stats: ScrapedStats) => readonly Sample[];
}

/**
 * All metrics. Their names follow the conventions of Prometheus: the counted thing in the plural, then a unit if there
 * is one, then `_total` for a counter.
 */
export const METRICS: readonly Metric[] = [
  gauge("streams", "Event streams open now.", (stats) => stats.streams),
  {
    kind: "gauge",
    name: "subscribers",
    help: "Subscribers of channels now: live ones have received everything, lagging ones still read older events.",
    labels: ["state"],
    read: byState,
  },
  counter("streams_opened_total", "Event streams opened.", (stats) => stats.opened),
  {
    kind: "counter",
    name: "streams_closed_total",
    help: "Event streams ended, by reason; with the reason refused, requests that got no stream.",
    labels: ["reason"],
    read: ({ closed }) => Object.entries(closed).map(([reason, count]) => [{ reason }, count]),
  },
  counter("events_published_total", "Events published to channels.", (stats) => stats.published),
  counter(
    "events_delivered_total",
    "Events written to streams: an event that is written to 1,000 streams counts 1,000 times.",
    (stats) => stats.delivered,
  ),
  counter("sent_bytes_total", "Bytes written to streams, as framed.", (stats) => stats.bytes),
  counter("gaps_total", "Gap events written.", (stats) => stats.gaps),
  counter("heartbeats_total", "Heartbeats written.", (stats) => stats.heartbeats),
  gauge("channels", "Channels that this process holds.", ({ channelCount = 0 }) => channelCount),
  {
    kind: "gauge",
    name: "channel_subscribers",
    help: "Subscribers of a channel now, by state.",
    labels: ["channel", "state"],
    read: ofOpenChannels(byState),
  },
  {
    kind: "counter",
    name: "channel_events_published_total",
    help: "Events published to a channel in this process.",
    labels: ["channel"],
    read: ofEachChannel(({ published }) => [[{}, published]]),
  },
  {
    kind: "gauge",
    name: "channel_retained_events",
    help: "Events that a channel's log keeps.",
    labels: ["channel"],
    read: ofOpenChannels(({ retained }) => [[{}, retained]]),
  },
  {
    kind: "gauge",
    name: "channel_window_bytes",
    help: "Bytes of a channel's newest events that this process keeps encoded.",
    labels: ["channel"],
    read: ofOpenChannels(({ window }) => [[{}, window.bytes]]),
  },
];

function gauge(name: string, help: string, read: (stats: ScrapedStats) => number): Metric {
  return { kind: "gauge", name, help, labels: [], read: (stats) => [[{}, read(stats)]] };
}

function counter(name: string, help: string, read: (stats: ScrapedStats) => number): Metric {
  return { kind: "counter", name, help, labels: [], read: (stats) => [[{}, read(stats)]] };
}

function byState({ live, lagging }: { readonly live: number; readonly lagging: number }): readonly Sample[] {
  return [
    [{ state: "live" }, live],
    [{ state: "lagging" }, lagging],
  ];
}

function ofEachChannel(read: (series: ChannelSeries) => readonly Sample[]): Metric["read"] {
  return ({ series }) =>
    series.flatMap((each) =>
      read(each).map(([labels, value]): Sample => [{ channel: each.channel, ...labels }, value]),
    );
}

/** Reads figures that a closed channel does not have. */
function ofOpenChannels(read: (stats: MeasuredChannel) => readonly Sample[]): Metric["read"] {
  return ofEachChannel(({ stats }) => (stats === undefined ? [] : read(stats)));
}
