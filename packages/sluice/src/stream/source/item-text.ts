import { encodeEvent } from "../../protocol/encode-event.ts";
import { dataText, type Serialize } from "./data-text.ts";
import { isSseItem } from "./sse-item.ts";

/**
 * Encodes a value that a source yielded. `event` is the type of values without one, and `serialize` makes the text of
 * their data. Throws `INVALID_DATA`, `INVALID_FIELD`.
 */
export function itemText(item: unknown, event: string | undefined, serialize?: Serialize): string {
  if (!isSseItem(item)) return encodeEvent({ data: dataText(item, serialize), event });
  const { data, id, retry, comment } = item;
  if (data === undefined && (comment !== undefined || retry !== undefined)) return encodeEvent({ id, retry, comment });
  const text = dataText(data, (item as { readonly serialize?: Serialize }).serialize ?? serialize);
  return encodeEvent({ data: text, event: item.event ?? event, id, retry, comment });
}
