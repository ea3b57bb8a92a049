import { show } from "../protocol/check-option.ts";
import { encodeEvent } from "../protocol/encode-event.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { SseItem } from "./sse-item.ts";

/** Makes text of an event's data: strings stay as they are, everything else becomes JSON. Throws `INVALID_DATA`. */
export function dataText(value: unknown): string {
  if (typeof value === "string") return value;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new SluiceError("INVALID_DATA", `The data cannot be written as JSON: ${(cause as Error).message}`, { cause });
  }
  if (text === undefined) {
    throw new SluiceError(
      "INVALID_DATA",
      `Data must be a string or have a JSON form, but is ${show(value)}. Use null for nothing.`,
    );
  }
  return text;
}

/** Encodes what a source yielded. `event` is the type of what names none itself. Throws `INVALID_DATA` or `INVALID_FIELD`. */
export function itemText(item: unknown, event: string | undefined): string {
  if (!(item instanceof SseItem)) return encodeEvent({ data: dataText(item), event });
  const { data, id, retry, comment } = item;
  if (data === undefined && (comment !== undefined || retry !== undefined)) return encodeEvent({ id, retry, comment });
  return encodeEvent({ data: dataText(data), event: item.event ?? event, id, retry, comment });
}
