import type { MeasuredChannel, MeasuredSluice } from "./measured.ts";

/** Where the values of the metrics are read. */
export interface Measured {
  readonly sluice: MeasuredSluice;
  readonly channels: Iterable<MeasuredChannel>;
}

/** One value of a metric, with its labels. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** A metric, without its prefix. What it reads is read anew whenever the registry is. */
export interface Metric {
  readonly kind: "gauge" | "counter";
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (measured: Measured) => readonly Sample[];
}

/**
 * Names follow the conventions of Prometheus: what is counted in the plural, a unit other than that at the end, and then `_total` on
 * what only grows.
 */
export const METRICS: readonly Metric[] = [
  {
    kind: "gauge",
    name: "streams",
    help: "Event streams open now: live ones have everything, lagging ones are still reading behind.",
    labels: ["state"],
    read: ({ sluice }) => byState(sluice.stats()),
  },
  {
    kind: "counter",
    name: "streams_opened_total",
    help: "Event streams opened.",
    labels: [],
    read: ({ sluice }) => [[{}, sluice.stats().opened]],
  },
  {
    kind: "counter",
    name: "streams_closed_total",
    help: "Event streams that ended, by reason; those refused never opened.",
    labels: ["reason"],
    read: ({ sluice }) => Object.entries(sluice.stats().closed).map(([reason, count]) => [{ reason }, count]),
  },
  {
    kind: "counter",
    name: "events_published_total",
    help: "Events published to channels.",
    labels: [],
    read: ({ sluice }) => [[{}, sluice.stats().published]],
  },
  {
    kind: "counter",
    name: "events_delivered_total",
    help: "Events written to event streams, once for each stream.",
    labels: [],
    read: ({ sluice }) => [[{}, sluice.stats().delivered]],
  },
  {
    kind: "counter",
    name: "sent_bytes_total",
    help: "Bytes handed to transports.",
    labels: [],
    read: ({ sluice }) => [[{}, sluice.stats().bytes]],
  },
  {
    kind: "counter",
    name: "gaps_total",
    help: "Gaps that subscribers were told of.",
    labels: [],
    read: ({ sluice }) => [[{}, sluice.stats().gaps]],
  },
  {
    kind: "counter",
    name: "heartbeats_total",
    help: "Heartbeats sent.",
    labels: [],
    read: ({ sluice }) => [[{}, sluice.stats().heartbeats]],
  },
  {
    kind: "gauge",
    name: "channel_subscribers",
    help: "Subscribers of a channel now, by state.",
    labels: ["channel", "state"],
    read: ({ channels }) => ofEach(channels, (channel) => byState(channel.stats())),
  },
  {
    kind: "counter",
    name: "channel_events_published_total",
    help: "Events published to a channel in this process.",
    labels: ["channel"],
    read: ({ channels }) => ofEach(channels, (channel) => [[{}, channel.stats().published]]),
  },
  {
    kind: "gauge",
    name: "channel_retained_events",
    help: "Events that a channel's log keeps.",
    labels: ["channel"],
    read: ({ channels }) => ofEach(channels, (channel) => [[{}, channel.stats().retained]]),
  },
  {
    kind: "gauge",
    name: "channel_window_bytes",
    help: "Bytes of a channel's window in this process's memory.",
    labels: ["channel"],
    read: ({ channels }) => ofEach(channels, (channel) => [[{}, channel.stats().window.bytes]]),
  },
];

function byState({ live, lagging }: { readonly live: number; readonly lagging: number }): readonly Sample[] {
  return [
    [{ state: "live" }, live],
    [{ state: "lagging" }, lagging],
  ];
}

function ofEach(channels: Iterable<MeasuredChannel>, read: (channel: MeasuredChannel) => readonly Sample[]): Sample[] {
  return Array.from(channels).flatMap((channel) =>
    read(channel).map(([labels, value]): Sample => [{ channel: channel.name, ...labels }, value]),
  );
}
