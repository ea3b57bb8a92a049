import { show } from "../../base/check-option.ts";
import { SluiceError } from "../../base/sluice-error.ts";

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
