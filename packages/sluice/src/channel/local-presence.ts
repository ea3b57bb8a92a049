/** The subscribers of a channel in this process. */
export interface LocalPresence {
  readonly subscribers: number;
  /** Number of subscribers that name a topic, by topic. `"*"`: subscribers of every topic. */
  readonly topics: ReadonlyMap<string, number>;
}

/** The presence of a channel without subscribers. */
export const NOBODY: LocalPresence = { subscribers: 0, topics: new Map() };
