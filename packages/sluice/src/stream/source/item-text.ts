import { show } from "../../base/check-option.ts";
import { ignore } from "../../base/guard.ts";
import { SluiceError } from "../../base/sluice-error.ts";
import { messageOf } from "../../base/thrown.ts";
import { encodeEvent } from "../../protocol/encode-event.ts";
import { isSseItem } from "./sse-item.ts";

/**
 * Encodes a value that a source yielded. `event` is the type of values without one. Throws `INVALID_DATA`,
 * `INVALID_FIELD`.
 */
export function itemText(item: unknown, event: string | undefined): string {
  if (!isSseItem(item)) return encodeEvent({ data: dataText(item), event });
  const { data, id, retry, comment } = item;
  if (data === undefined && (comment !== undefined || retry !== undefined)) return encodeEvent({ id, retry, comment });
  return encodeEvent({ data: dataText(data), event: item.event ?? event, id, retry, comment });
}

/** Returns the text of an event's data: a string as it is, any other value as JSON. Throws `INVALID_DATA`. */
export function dataText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value instanceof Promise) {
    value.catch(ignore);
    throw new SluiceError("INVALID_DATA", "Data must not be a promise. Await it, and pass its result.");
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new SluiceError("INVALID_DATA", `The data has no JSON form: ${messageOf(cause)}`, { cause });
  }
  if (text === undefined) {
    throw new SluiceError(
      "INVALID_DATA",
      `Data must be a string or have a JSON form, but is ${show(value)}. For no data, use null.`,
    );
  }
  return text;
}
