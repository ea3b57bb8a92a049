/** Outcome of crashes. */
export interface CrashOutcome {
  /** Time from each crash to an event in another tab that was published after it, in ms. */
  readonly takeovers: readonly number[];
  readonly faults: readonly string[];
  readonly events: number;
  readonly published: number;
  /** Number of requests until ten tabs were open. */
  readonly requestsAtStart: number;
  readonly requests: number;
  /** Highest number of streams that were open at once. */
  readonly most: number;
}

export declare function crashHolders(crashes: number, print?: (line: string) => void): Promise<CrashOutcome>;
