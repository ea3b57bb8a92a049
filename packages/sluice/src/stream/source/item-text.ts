import { encodeEvent } from "../../protocol/encode-event.ts";
import { dataText, type Serialize } from "./data-text.ts";
import { isSseItem } from "./sse-item.ts";

/** How items of a source are encoded. */
export interface ItemEncoding {
  /** The type of values without one. */
  readonly event?: string | undefined;
  /** Makes the text of their data. Default: JSON. */
  readonly serialize?: Serialize | undefined;
  /** Returns the type to send an event under. Default: its own. */
  readonly typeOf?: (type: string | undefined) => string | undefined;
}

/** Encodes a value that a source yielded. Throws `INVALID_DATA`, `INVALID_FIELD`. */
export function itemText(item: unknown, { event, serialize, typeOf = same }: ItemEncoding): string {
  if (!isSseItem(item)) return encodeEvent({ data: dataText(item, serialize), event: typeOf(event) });
  const { data, id, retry, comment } = item;
  if (data === undefined && (comment !== undefined || retry !== undefined)) return encodeEvent({ id, retry, comment });
  const text = dataText(data, (item as { readonly serialize?: Serialize }).serialize ?? serialize);
  return encodeEvent({ data: text, event: typeOf(item.event ?? event), id, retry, comment });
}

function same<T>(value: T): T {
  return value;
}
