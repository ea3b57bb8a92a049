import { checkText, invalidOption } from "../base/check-option.ts";
import { SluiceError } from "../base/sluice-error.ts";
import type { Connection, Subscriber } from "./connection.ts";

/** Names of streams. Selects every stream that has all of the given names. */
export type NamedSelector = { readonly id?: string; readonly user?: string; readonly channel?: string };

/** Selects streams by their names, or by a function that returns `true` for a stream to select. */
export type ConnectionSelector = NamedSelector | ((connection: Connection) => boolean);

/** The parts of a stream that a selector reads. */
interface SelectableStream {
  readonly id: string;
  readonly subscriber: Subscriber | undefined;
  readonly channel: string | undefined;
  describe(): Connection;
}

const SELECTOR_NAMES = ["id", "user", "channel"];

/**
 * Returns a predicate for the selector. Throws `INVALID_OPTION` if the selector is not valid. An empty selector is not
 * valid: it would select every stream.
 */
export function matcherOf(selector: ConnectionSelector): (stream: SelectableStream) => boolean {
  if (typeof selector === "function") return (stream) => selector(stream.describe()) === true;
  if (typeof selector !== "object" || selector === null)
    throw invalidOption("selector", "an object or a function", selector);
  const named = Object.keys(selector);
  if (named.length === 0 || !named.every((name) => SELECTOR_NAMES.includes(name))) {
    const what = named.length === 0 ? "names nothing" : `names \`${named.join("`, `")}\``;
    throw new SluiceError(
      "INVALID_OPTION",
      `\`selector\` must name \`id\`, \`user\` or \`channel\`, but ${what}. To select every stream, pass () => true.`,
    );
  }
  const { id, user, channel } = selector;
  // Reject a field that is present but undefined: to ignore it would select more streams than the caller intended.
  for (const name of named) checkText(`selector.${name}`, selector[name as keyof typeof selector] ?? null);
  return (stream) => {
    const { subscriber } = stream;
    if (id !== undefined && stream.id !== id && subscriber?.id !== id) return false;
    if (user !== undefined && subscriber?.user !== user) return false;
    return channel === undefined || stream.channel === channel;
  };
}
