/** How many subscribers a channel has in this process, and of which topics. */
export interface LocalPresence {
  readonly subscribers: number;
  /** By topic, how many of them name it; `"*"`: those of everything. */
  readonly topics: ReadonlyMap<string, number>;
}

export const NOBODY: LocalPresence = { subscribers: 0, topics: new Map() };
