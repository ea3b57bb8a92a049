import { parsePosition } from "../../base/position.ts";
import { type Gap, NO_POSITION } from "../event/gap.ts";
import { PART_NAME } from "./part-name.ts";

/**
 * Longest combined event ID, in characters: 64 parts with the longest names, epochs and offsets. A header line of 8 KiB
 * carries it, which is the limit of nginx; Node allows 16 KiB for all headers.
 */
export const MAX_COMBINED_ID_LENGTH: number = 64 * (64 + 1 + 32 + 1 + 16) + 63;

/** The text of a combined event ID before and after one of its parts: `a.x-1~` and `~c.z-3`. */
export interface IdAround {
  readonly before: string;
  readonly after: string;
}

/**
 * Returns a combined event ID without the part `index`. `partOf` returns a part as {@link formatPart} does, or
 * `undefined` if the client must not have a position of it yet. A client without a position starts that part anew.
 */
export function idAround(count: number, index: number, partOf: (index: number) => string | undefined): IdAround {
  let before = "";
  let after = "";
  for (let i = 0; i < count; i++) {
    const part = i === index ? undefined : partOf(i);
    if (part === undefined) continue;
    if (i < index) before += `${part}~`;
    else after += `~${part}`;
  }
  return { before, after };
}

/** Returns one part of a combined event ID. `position` is `<epoch>-<offset>` or {@link NO_POSITION}. */
export function formatPart(name: string, position: string): string {
  return `${name}.${position}`;
}

/**
 * Returns the position that a client keeps of a part while a snapshot replaces the events of a gap. A client that is
 * cut meanwhile gets the same gap again.
 */
export function positionBefore({ reason, lastEventId }: Gap): string {
  // A text that the channel cannot read may be a position of another channel.
  return reason !== "unparsable" && parsePosition(lastEventId) !== undefined ? lastEventId : NO_POSITION;
}

/** Stands for the position of each part if the last event ID is no combined ID. */
export const FOREIGN = "foreign";

/** Returns the positions of a last event ID by the names of parts; {@link FOREIGN} if it is no combined ID. */
export function resumedPositions(lastEventId: string | undefined): ReadonlyMap<string, string> | typeof FOREIGN {
  return lastEventId === undefined ? new Map() : (parseCombinedId(lastEventId) ?? FOREIGN);
}

/** Returns the positions of a combined event ID by the names of its parts; `undefined` if it is no combined ID. */
export function parseCombinedId(id: string): ReadonlyMap<string, string> | undefined {
  if (id.length > MAX_COMBINED_ID_LENGTH) return undefined;
  const positions = new Map<string, string>();
  for (const part of id.split("~")) {
    const dot = part.indexOf(".");
    const name = part.slice(0, Math.max(dot, 0));
    const position = part.slice(dot + 1);
    if (!PART_NAME.test(name) || positions.has(name)) return undefined;
    if (position !== NO_POSITION && parsePosition(position) === undefined) return undefined;
    positions.set(name, position);
  }
  return positions;
}
