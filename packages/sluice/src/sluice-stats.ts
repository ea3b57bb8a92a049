import type { Channel } from "./channel/channel.ts";
import type { ChannelStats } from "./channel/open-channel.ts";
import type { CloseReason } from "./stream/close-reason.ts";
import type { StreamHub } from "./stream/stream-hub.ts";

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
  /** Figures of each channel, by name. */
  readonly channels: Readonly<Record<string, ChannelStats>>;
}

/** Health of a Sluice: whether a load balancer should send it new streams. */
export interface SluiceHealth {
  /** `ok`: send new streams. `draining`: do not, a drain has begun. `closed`: `close()` was called. */
  readonly status: "ok" | "draining" | "closed";
  /** Open event streams. */
  readonly streams: number;
}

/** Returns the current figures. */
export function sluiceStats(hub: StreamHub, channelsByName: ReadonlyMap<string, Channel>): SluiceStats {
  const channels = Object.fromEntries([...channelsByName].map(([name, channel]) => [name, channel.stats()]));
  const each = Object.values(channels);
  return {
    streams: hub.streams.size,
    live: each.reduce((sum, { live }) => sum + live, 0),
    lagging: each.reduce((sum, { lagging }) => sum + lagging, 0),
    ...hub.counts,
    closed: { ...hub.closedByReason },
    published: each.reduce((sum, { published }) => sum + published, 0),
    bytes: hub.bytes(),
    channels,
  };
}

/** Returns the current health. */
export function sluiceHealth({ draining, streams }: StreamHub, isClosed: boolean): SluiceHealth {
  return { status: isClosed ? "closed" : draining ? "draining" : "ok", streams: streams.size };
}
