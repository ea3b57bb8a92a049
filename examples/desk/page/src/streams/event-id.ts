/** The parts of an event ID, `<epoch>-<offset>`. */
export interface Position {
  /** Identifies one life of the channel's log. */
  readonly epoch: string;
  /** Counts the log's entries. */
  readonly offset: number;
}

/**
 * Parses an event ID. Returns `undefined` if it has another form. A program need not parse IDs; the inspector shows
 * them.
 */
export function parseEventId(id: string): Position | undefined {
  const match = /^([0-9a-z]{1,32})-(\d{1,15})$/.exec(id);
  return match === null ? undefined : { epoch: match[1]!, offset: Number(match[2]) };
}

/** True if the event is in the same epoch as `position`, and not after it. */
export function isAtOrBefore(id: string, position: string): boolean {
  const event = parseEventId(id);
  const limit = parseEventId(position);
  return event !== undefined && limit !== undefined && event.epoch === limit.epoch && event.offset <= limit.offset;
}

/** Returns an ID with the same offset in another epoch. A page holds such an ID after the server has lost its log. */
export function toStale(id: string): string {
  return `stale-${parseEventId(id)?.offset ?? 1}`;
}
