import { toBytes } from "../../protocol/bytes.ts";
import { Piece } from "./piece.ts";

/** A comment line. It keeps proxies from closing an idle stream, and reveals a dead peer. */
export const COMMENT: Piece = new Piece(toBytes(":\n\n"), 0);
