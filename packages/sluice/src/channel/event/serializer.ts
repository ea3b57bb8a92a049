import { guardResult, ignore } from "../../base/errors/guard.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import { messageOf } from "../../base/errors/thrown.ts";

/** How a channel turns data into text and back, if not as JSON. */
export interface Serializer {
  /**
   * Returns the data of an event as text, in place of `JSON.stringify()`. Also called for strings. Needs `parse`.
   * Default: JSON.
   */
  readonly serialize: (data: unknown) => string;
  /**
   * Returns the data that a text of `serialize` stands for, in place of `JSON.parse()`, wherever events are received in
   * this process: iteration, `history()`, filters, `latestBy`. Needs `serialize`. Default: JSON.
   */
  readonly parse: (text: string) => unknown;
}

/** Returns the data of an event. Throws `INVALID_DATA` if the user's `parse` fails, or a `SyntaxError` for bad JSON. */
export function parseData(type: string, text: string, serializer: Serializer | undefined): unknown {
  if (serializer === undefined) return JSON.parse(text);
  try {
    const data = serializer.parse(text);
    if (guardResult(data, ignore)) throw new TypeError("It returned a promise.");
    return data;
  } catch (cause) {
    const message = `The option \`parse\` failed for an event of the type "${type}": ${messageOf(cause)}`;
    throw new SluiceError("INVALID_DATA", message, { cause });
  }
}
