import { checkNames, checkText, invalidOption } from "../base/checks/check-option.ts";
import { callGuarded, type OnFailure } from "../base/errors/guard.ts";
import { hasMethod } from "../base/has-method.ts";
import type { Connection, Subscriber } from "./connection.ts";

/** Names of streams. Selects every stream that has all of the given names. */
export type NamedSelector = { readonly id?: string; readonly user?: string; readonly channel?: string };

/**
 * Selects streams by their names, or by a function that returns `true` for a stream to select. The names select a
 * combined stream if `channel` is one of its channels. The function is called once for each of its channels, with that
 * one as `channel`.
 */
export type ConnectionSelector = NamedSelector | ((connection: Connection) => boolean);

/** A stream, or a request that has no stream yet, as a selector sees it. */
export interface SelectableStream {
  readonly id: string;
  readonly subscriber: Subscriber | undefined;
  readonly channels: readonly string[];
  describe(): Connection;
}

const SELECTOR_NAMES = ["id", "user", "channel"];

/**
 * Returns a predicate for the selector. Throws `INVALID_OPTION` if the selector is not valid. An empty selector is not
 * valid: it would select every stream. A selector that is a function does not select a stream for which it fails;
 * `onFailure` receives the error.
 */
export function matcherOf(selector: ConnectionSelector, onFailure: OnFailure): (stream: SelectableStream) => boolean {
  if (typeof selector === "function") return (stream) => selects(selector, stream, onFailure);
  const named = Object.keys(selector ?? {});
  if (typeof selector !== "object" || named.length === 0)
    throw invalidOption("selector", "an object with `id`, `user` or `channel`, or a function: () => true", selector);
  checkNames("selector", selector, SELECTOR_NAMES);
  const { id, user, channel } = selector;
  // Reject a field that is present but undefined: to ignore it would select more streams than the caller intended.
  for (const name of named) checkText(`selector.${name}`, selector[name as keyof typeof selector] ?? null);
  return (stream) => {
    const { subscriber } = stream;
    if (id !== undefined && stream.id !== id && subscriber?.id !== id) return false;
    if (user !== undefined && subscriber?.user !== user) return false;
    return channel === undefined || stream.channels.includes(channel);
  };
}

function selects(
  selector: (connection: Connection) => unknown,
  stream: SelectableStream,
  onFailure: OnFailure,
): boolean {
  const connection = stream.describe();
  const { channels } = connection;
  return (channels.length > 1 ? channels : [connection.channel]).some((channel) => {
    const result = callGuarded(selector, onFailure, { ...connection, channel });
    if (hasMethod(result, "then")) onFailure(invalidOption("selector()", "true or false", result));
    return result === true;
  });
}
