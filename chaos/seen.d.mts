/** Something that a subscriber saw, with the tick of the history at which it did. */
export type Seen = Opened | Closed | PositionSeen | EventSeen | GapSeen;

export interface SubscriberHistory {
  name: string;
  topics: readonly string[] | "*" | undefined;
  seen: Seen[];
}

export interface Opened {
  kind: "opened";
  tick: number;
  node: string;
  lastEventId: string;
}

export interface Closed {
  kind: "closed";
  tick: number;
  why: string;
}

/** A block that has only an ID. */
export interface PositionSeen {
  kind: "position";
  tick: number;
  id: string;
}

export interface EventSeen {
  kind: "event";
  tick: number;
  id: string;
  key: number;
  intact: boolean;
}

export interface GapSeen {
  kind: "gap";
  tick: number;
  id: string;
  /** The client's last event ID before the gap. */
  before: string;
  reason: string;
  lastEventId: string;
  resumesAfter: string;
}
