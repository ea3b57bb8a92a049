/** An event ID taken apart: `<epoch>-<offset>`. */
export interface Position {
  /** Names one life of the channel's log. */
  readonly epoch: string;
  /** Counts the events in it. */
  readonly offset: number;
}

/** Reads an event ID; undefined when it is not of that form. A program needs none of this: the inspector is curious. */
export function parseEventId(id: string): Position | undefined {
  const match = /^([0-9a-z]{1,32})-(\d{1,15})$/.exec(id);
  return match === null ? undefined : { epoch: match[1]!, offset: Number(match[2]) };
}

/** Whether an event was already in the channel at `position`, so that what came after connecting was a replay. */
export function isAtOrBefore(id: string, position: string): boolean {
  const event = parseEventId(id);
  const limit = parseEventId(position);
  return event !== undefined && limit !== undefined && event.epoch === limit.epoch && event.offset <= limit.offset;
}

/** The same place in another life of the log, as a page holds it after a server has lost its log. */
export function toStale(id: string): string {
  return `stale-${parseEventId(id)?.offset ?? 1}`;
}
