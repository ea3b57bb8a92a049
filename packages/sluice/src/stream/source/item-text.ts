import { invalidOption, show } from "../../base/check-option.ts";
import { guardResult, ignore } from "../../base/guard.ts";
import { SluiceError } from "../../base/sluice-error.ts";
import { messageOf } from "../../base/thrown.ts";
import { encodeEvent } from "../../protocol/encode-event.ts";
import { isSseItem } from "./sse-item.ts";

/** Turns a value into text. The channel option `serialize`. */
export type Serialize = (value: unknown) => string;

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

/**
 * Returns the text of an event's data: a string as it is, any other value as JSON; or the text that `serialize` makes
 * of either. Throws `INVALID_DATA`, and `INVALID_OPTION` if `serialize` returns no string.
 */
export function dataText(value: unknown, serialize?: Serialize): string {
  if (typeof value === "string" && serialize === undefined) return value;
  if (value instanceof Promise) {
    value.catch(ignore);
    throw new SluiceError("INVALID_DATA", "Data must not be a promise. Await it, and pass its result.");
  }
  let text: unknown;
  try {
    text = (serialize ?? JSON.stringify)(value);
  } catch (cause) {
    throw new SluiceError("INVALID_DATA", `The data has no ${serialize ? "text" : "JSON"} form: ${messageOf(cause)}`, {
      cause,
    });
  }
  if (typeof text === "string") return text;
  guardResult(text, ignore);
  if (serialize !== undefined) throw invalidOption("what `serialize` returns", "a string", text);
  throw new SluiceError(
    "INVALID_DATA",
    `Data must be a string or have a JSON form, but is ${show(value)}. For no data, use null.`,
  );
}
