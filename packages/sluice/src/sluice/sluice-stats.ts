import { checkNames, checkNumber } from "../base/checks/check-option.ts";
import { type ChannelStats, NO_FIGURES } from "../channel/channel-stats.ts";
import type { CloseReason } from "../stream/close-reason.ts";
import type { SluiceParts } from "./sluice-parts.ts";

/** Figures of a Sluice in this process: current counts, and totals since the Sluice was made. */
export interface SluiceStats {
  /** Open event streams. */
  readonly streams: number;
  /** Subscribers of channels that have received everything. */
  readonly live: number;
  /** Subscribers of channels that are still reading older events. */
  readonly lagging: number;
  /** Event streams opened, in total. */
  readonly opened: number;
  /** Event streams ended and requests refused, in total, by reason. */
  readonly closed: Readonly<Record<CloseReason, number>>;
  /** Events published to channels, in total. */
  readonly published: number;
  /** Events written to event streams, in total: an event that is written to 1,000 streams counts 1,000 times. */
  readonly delivered: number;
  /** Bytes written to event streams, in total, with the framing of HTTP. */
  readonly bytes: number;
  /** Gap events written, in total. */
  readonly gaps: number;
  /** Heartbeats written, in total. */
  readonly heartbeats: number;
  /** Figures of the channels that the option `channels` chose, by name. */
  readonly channels: Readonly<Record<string, ChannelStats>>;
  /** Sums of the figures of all other channels. */
  readonly otherChannels: ChannelStats;
  /** Channels that this process holds. A channel counts from its making until it closes. */
  readonly channelCount: number;
}

/** Options of `stats()`. */
export interface StatsOptions {
  /**
   * Sets the channels whose own figures are returned: the number of channels, in the order in which they were made, or
   * a function that returns true for the name of a channel. Default: 50.
   */
  readonly channels?: number | ((name: string) => boolean);
}

/** The health of a Sluice, by which a load balancer decides where to send new streams. */
export interface SluiceHealth {
  /** `ok`: takes new streams. `draining`: refuses new streams, because a drain has begun. `closed`: after `close()`. */
  readonly status: "ok" | "draining" | "closed";
  /** Open event streams. */
  readonly streams: number;
}

/** Returns the current figures. Throws `INVALID_OPTION`. */
export function sluiceStats({ hub, channels: known }: SluiceParts, options: StatsOptions): SluiceStats {
  checkNames("stats", options, ["channels"]);
  const { channels } = options;
  const isFunction = typeof channels === "function";
  let left = isFunction ? 0 : checkNumber("channels", channels, NAMED_CHANNELS, { infinite: true });
  const named: [string, ChannelStats][] = [];
  const otherChannels = structuredClone(NO_FIGURES);
  let live = 0;
  let lagging = 0;
  for (const [name, channel] of known) {
    const stats = channel.stats();
    live += stats.live;
    lagging += stats.lagging;
    if (isFunction ? channels(name) : left-- > 0) named.push([name, stats]);
    else add(otherChannels, stats);
  }
  return {
    streams: hub.streams.size,
    live,
    lagging,
    ...hub.counts,
    closed: { ...hub.closedByReason },
    bytes: hub.bytes(),
    channels: Object.fromEntries(named),
    otherChannels,
    channelCount: known.size,
  };
}

/** Adds figures to a total. */
function add(total: object, more: object): void {
  const sum = total as Record<string, number>;
  // Not Object.entries: there may be a hundred thousand channels.
  for (const name in more) {
    const figure = (more as Record<string, number | object>)[name]!;
    if (typeof figure === "object") add(sum[name] as unknown as object, figure);
    else sum[name]! += figure;
  }
}

/** Default of the option `channels`: figures must not grow with the names that clients choose. */
const NAMED_CHANNELS = 50;

/** Returns the current health. */
export function sluiceHealth({ hub: { draining, streams }, isClosed }: SluiceParts): SluiceHealth {
  return { status: isClosed ? "closed" : draining ? "draining" : "ok", streams: streams.size };
}
