/** Figures of a channel in this process. */
export interface ChannelStats {
  readonly subscribers: number;
  readonly live: number;
  readonly lagging: number;
  /** Events published by this process. */
  readonly published: number;
  /** Events that the log keeps. */
  readonly retained: number;
  /** Events and bytes that this process keeps encoded. */
  readonly window: { readonly events: number; readonly bytes: number };
  /** Different selections among the subscribers. */
  readonly cohorts: number;
}

/** Figures of a channel whose log is not open. */
export const NO_FIGURES: ChannelStats = {
  subscribers: 0,
  live: 0,
  lagging: 0,
  published: 0,
  retained: 0,
  window: { events: 0, bytes: 0 },
  cohorts: 0,
};
