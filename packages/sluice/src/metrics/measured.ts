/** What is measured: a Sluice fits. */
export interface MeasuredSluice {
  stats(): MeasuredStats;
}

/** What `sluice.stats()` says, as far as it is measured. */
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
}

/** What is measured of each channel. */
export interface MeasuredChannel {
  readonly live: number;
  readonly lagging: number;
  readonly published: number;
  readonly retained: number;
  readonly window: { readonly bytes: number };
}
