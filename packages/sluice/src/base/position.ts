/** Longest event ID, in characters. The IDs that a log assigns stay far below it. */
export const MAX_EVENT_ID_LENGTH = 512;

/** Characters that a header does not carry unchanged: line ends, NUL and the other control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the expression looks for them
export const NEVER_IN_AN_ID: RegExp = /[\x00-\x1f\x7f]/;

/** A position in a channel's log: after the entry at `offset`, in the life of the log that `epoch` identifies. */
export interface Position {
  readonly epoch: string;
  /** Offset of the last entry before the position; 0 is before the first entry. */
  readonly offset: number;
  /** The publisher's own ID of that entry, if it has one. It names the position then. */
  readonly ownId?: string | undefined;
}

/** Returns the event ID that names a position: the publisher's own ID, else `<epoch>-<offset>`. */
export function formatPosition({ epoch, offset, ownId }: Position): string {
  return ownId ?? `${epoch}-${offset}`;
}

const POSITION = /^([0-9a-z]{1,32})-(0|[1-9][0-9]{0,15})$/;

/** Parses an event ID of the form `<epoch>-<offset>`. Returns `undefined` for any other text. */
export function parsePosition(id: string): Position | undefined {
  if (id.length > MAX_EVENT_ID_LENGTH) return undefined;
  const match = POSITION.exec(id);
  if (match === null) return undefined;
  const offset = Number(match[2]);
  return Number.isSafeInteger(offset) ? { epoch: match[1]!, offset } : undefined;
}
