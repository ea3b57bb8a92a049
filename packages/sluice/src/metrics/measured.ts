/** What is measured: a Sluice fits. */
export interface MeasuredSluice {
  stats(): MeasuredStats;
}

/** What `sluice.stats()` says, as far as it is measured. */
export interface MeasuredStats {
  /** Streams that have everything. */
  readonly live: number;
  /** Streams that are still reading behind. */
  readonly lagging: number;
  readonly opened: number;
  /** How many streams ended, by reason. */
  readonly closed: Readonly<Record<string, number>>;
  readonly published: number;
  readonly delivered: number;
  readonly bytes: number;
  readonly gaps: number;
  readonly heartbeats: number;
}

/** What is measured one by one: a channel fits. */
export interface MeasuredChannel {
  readonly name: string;
  stats(): MeasuredChannelStats;
}

/** What `channel.stats()` says, as far as it is measured. */
export interface MeasuredChannelStats {
  readonly live: number;
  readonly lagging: number;
  readonly published: number;
  /** Events that the log keeps. */
  readonly retained: number;
  /** What this process keeps encoded. */
  readonly window: { readonly bytes: number };
}
