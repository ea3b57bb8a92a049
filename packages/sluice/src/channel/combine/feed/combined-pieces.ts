import { toBytes } from "../../../protocol/bytes.ts";
import { encodeEvent } from "../../../protocol/encode-event.ts";
import { Piece } from "../../../stream/body/piece.ts";
import type { CombinedGap } from "../event/combined-event.ts";

/** The beginning of a combined stream, until all parts have begun. */
export interface Opening {
  /** The first lines of the stream. */
  readonly lines: string;
  /** Functions that write the gap events of parts. */
  readonly gaps: (() => void)[];
}

/** Returns the first block of a stream: its first lines, and a position if `id` is not empty. */
export function frameOpening({ lines }: Opening, id: string): Piece {
  return new Piece(toBytes(id === "" ? `${lines}\n` : `${lines}id: ${id}\n\n`), 0);
}

/** Returns a block that moves the client's position without an event. */
export function framePosition(id: string): Piece {
  return new Piece(toBytes(`id: ${id}\n\n`), 0);
}

/** Returns a gap event of a part. */
export function frameGap(type: string, id: string, gap: CombinedGap): Piece {
  return new Piece(toBytes(encodeEvent({ event: type, id, data: JSON.stringify(gap) })), 0);
}
