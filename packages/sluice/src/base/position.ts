/** Longer than any ID that a publisher may give, and than what our own can become. */
export const MAX_EVENT_ID_LENGTH = 512;

/** Characters that cannot come back through a header as they went out: line ends, NUL, and the other controls. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const NEVER_IN_AN_ID: RegExp = /[\x00-\x1f\x7f]/;

/** A place in one life of a channel's log, as a last event ID names it: `<epoch>-<offset>`. */
export function formatPosition(epoch: string, offset: number): string {
  return `${epoch}-${offset}`;
}

const POSITION = /^([0-9a-z]{1,32})-(0|[1-9][0-9]{0,15})$/;

/** Reads what {@link formatPosition} writes; `undefined` for anything else. */
export function parsePosition(id: string): { readonly epoch: string; readonly offset: number } | undefined {
  if (id.length > MAX_EVENT_ID_LENGTH) return undefined;
  const match = POSITION.exec(id);
  if (match === null) return undefined;
  const offset = Number(match[2]);
  return Number.isSafeInteger(offset) ? { epoch: match[1]!, offset } : undefined;
}
