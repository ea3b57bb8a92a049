/** The parts of a channel's event ID, `<epoch>-<offset>`. */
export interface Position {
  /** Identifies one life of the channel's log. */
  readonly epoch: string;
  /** Counts the log's entries. */
  readonly offset: number;
}

/** The positions of a combined stream: its event ID for each part, by the part's name. */
export type PartIds = Readonly<Record<string, string>>;

/**
 * Parses a channel's event ID. Returns `undefined` if it has another form. A program need not parse IDs; the inspector
 * shows them.
 */
export function parseEventId(id: string): Position | undefined {
  const match = /^([0-9a-z]{1,32})-(\d{1,15})$/.exec(id);
  return match === null ? undefined : { epoch: match[1]!, offset: Number(match[2]) };
}

/** Splits the ID of a combined stream, such as `orders.l3k2-42~notifications.l3k2-17`. */
export function splitCombinedId(id: string): PartIds {
  const parts = id.split("~").filter((part) => part.includes("."));
  return Object.fromEntries(parts.map((part) => [part.slice(0, part.indexOf(".")), part.slice(part.indexOf(".") + 1)]));
}

/** Returns the ID of a combined stream. A part without an ID is left out: the stream begins where its server says. */
export function joinCombinedId(ids: PartIds): string {
  const parts = Object.entries(ids).filter(([, id]) => id !== "");
  return parts.map(([name, id]) => `${name}.${id}`).join("~");
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
