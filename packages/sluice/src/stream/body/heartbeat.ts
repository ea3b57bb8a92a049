import { toBytes } from "../../protocol/bytes.ts";
import { Piece } from "./piece.ts";

/** A comment line: keeps proxies from closing an idle stream, and makes a dead peer known. */
export const COMMENT: Piece = new Piece(toBytes(":\n\n"), 0);
