/** An object with the figures of a Sluice, such as a `Sluice`. */
export interface MeasuredSluice {
  /** `channels` returns true for the name of each channel whose own figures are returned. */
  stats(options?: { readonly channels?: (name: string) => boolean }): MeasuredStats;
}

/** The figures of `sluice.stats()` that have a metric. */
export interface MeasuredStats {
  readonly streams: number;
  readonly live: number;
  readonly lagging: number;
  readonly opened: number;
  readonly closed: Readonly<Record<string, number>>;
  readonly published: number;
  readonly delivered: number;
  readonly bytes: number;
  readonly gaps: number;
  readonly heartbeats: number;
  readonly channels: Readonly<Record<string, MeasuredChannel>>;
  /** Sums of the figures of all other channels. */
  readonly otherChannels?: MeasuredChannel;
  /** Channels that the process holds, those of `channels` included. */
  readonly channelCount?: number;
}

/** The figures of a channel that have a metric. */
export interface MeasuredChannel {
  readonly live: number;
  readonly lagging: number;
  readonly published: number;
  readonly retained: number;
  readonly window: { readonly bytes: number };
}
