import { formatPosition, type Position } from "../../../base/position.ts";
import { concatBytes, toBytes } from "../../../protocol/bytes.ts";
import { Piece } from "../../../stream/body/piece.ts";
import type { KeptEvent } from "../../event/kept-event.ts";
import type { Step, Stretch } from "../../read/lagging/step.ts";
import { formatPart, type IdAround } from "../combined-id.ts";

/** An event of a part, without its ID, which differs from subscriber to subscriber. */
interface PartBlock {
  /** The event's own part of the combined ID. */
  readonly idPart: string;
  /** The line of its type. */
  readonly typeLine: string;
  /** All other lines: bytes that every subscriber of the channel shares. */
  readonly tail: Uint8Array;
}

/** A step of a part. Its events still lack the positions of the other parts. */
export interface PartStep extends Step {
  readonly piece: undefined;
  readonly blocks: readonly PartBlock[];
}

/** Returns a stretch of a part's channel as a step. `typeOf` maps an event's type. */
export function partStepOf(
  name: string,
  { events, through }: Stretch,
  typeOf: (type: string) => string | undefined,
): PartStep {
  const blocks = events.map((event) => {
    const type = typeOf(event.entry.type);
    return {
      idPart: formatPart(name, formatPosition(positionOf(event))),
      typeLine: type ? `event: ${type}\n` : "",
      tail: event.tail,
    };
  });
  const last = events[events.length - 1];
  return { piece: undefined, blocks, lastSent: last && positionOf(last), through };
}

/** Returns events of a part as one piece, with the positions of the other parts in each ID. */
export function framePart({ blocks }: PartStep, { before, after }: IdAround): Piece {
  const bytes = blocks.flatMap(({ idPart, typeLine, tail }) => [
    toBytes(`id: ${before}${idPart}${after}\n${typeLine}`),
    tail,
  ]);
  return new Piece(concatBytes(bytes), blocks.length);
}

/** Returns the combined ID of a step's last event. */
export function lastIdOf({ blocks }: PartStep, { before, after }: IdAround): string {
  return before + blocks[blocks.length - 1]!.idPart + after;
}

/** Returns the position after an event. It leaves out the publisher's own ID, which would need escapes. */
function positionOf({ position: { epoch, offset } }: KeptEvent): Position {
  return { epoch, offset };
}
