import { encodeEvent } from "../../protocol/encode-event.ts";
import { dataText } from "./data-text.ts";
import { SseItem } from "./sse-item.ts";

/** Encodes what a source yielded. `event` is the type of what names none itself. Throws `INVALID_DATA` or `INVALID_FIELD`. */
export function itemText(item: unknown, event: string | undefined): string {
  if (!(item instanceof SseItem)) return encodeEvent({ data: dataText(item), event });
  const { data, id, retry, comment } = item;
  if (data === undefined && (comment !== undefined || retry !== undefined)) return encodeEvent({ id, retry, comment });
  return encodeEvent({ data: dataText(data), event: item.event ?? event, id, retry, comment });
}
