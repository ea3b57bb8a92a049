import { invalidOption, show } from "../../base/checks/check-option.ts";
import { guardResult, ignore } from "../../base/errors/guard.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import { messageOf } from "../../base/errors/thrown.ts";

/** Turns a value into text. The channel option `serialize`. */
export type Serialize = (value: unknown) => string;

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
  if (serialize !== undefined) throw invalidOption("serialize()", "a string", text);
  throw new SluiceError(
    "INVALID_DATA",
    `Data must be a string or have a JSON form, but is ${show(value)}. For no data, use null.`,
  );
}
