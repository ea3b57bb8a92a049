import { checkText, invalidOption } from "../base/check-option.ts";
import { SluiceError } from "../base/sluice-error.ts";
import type { EventStream, Subscriber } from "./event-stream.ts";

/** One open event stream, as those who operate the server see it. */
export interface Connection {
  /** Unique among all streams of all processes. */
  readonly id: string;
  readonly subscriber: Subscriber | undefined;
  readonly channel: string | undefined;
  readonly topics: readonly string[] | "*" | undefined;
  /** `live`: it has everything; `lagging`: it is still reading what is behind. */
  readonly state: "live" | "lagging";
  /** What it would send as `Last-Event-ID` now; only for streams on channels. */
  readonly lastEventId: string | undefined;
  readonly openedAt: Date;
  readonly remoteAddress: string | undefined;
  /** Events written to it. */
  readonly events: number;
  /** Bytes written to it, as framed. */
  readonly bytes: number;
}

/** All streams that agree with each of the fields given. */
export type NamedSelector = { readonly id?: string; readonly user?: string; readonly channel?: string };

/** Which streams are meant: by what they are named, or those for which a function returns `true`. */
export type ConnectionSelector = NamedSelector | ((connection: Connection) => boolean);

/** Describes a stream as it is now. */
export function connectionOf(stream: EventStream): Connection {
  const { subscriber, exchange } = stream;
  const { channel, topics, state, lastEventId } = stream.lastState ?? stream.feed.describe();
  const { id, events } = stream;
  return {
    id,
    subscriber,
    channel,
    topics,
    state,
    lastEventId,
    openedAt: new Date(stream.openedAt),
    remoteAddress: exchange.remoteAddress,
    events,
    bytes: stream.sink.written,
  };
}

const SELECTOR_NAMES = ["id", "user", "channel"];

/** Makes a predicate of a selector. Throws `INVALID_OPTION`, above all for a selector that names nothing, and so would mean everybody. */
export function matcherOf(selector: ConnectionSelector): (stream: EventStream) => boolean {
  if (typeof selector === "function") return (stream) => selector(connectionOf(stream)) === true;
  if (typeof selector !== "object" || selector === null)
    throw invalidOption("selector", "an object or a function", selector);
  const named = Object.keys(selector);
  if (named.length === 0 || !named.every((name) => SELECTOR_NAMES.includes(name))) {
    const what = named.length === 0 ? "names nothing" : `names \`${named.join("`, `")}\``;
    throw new SluiceError(
      "INVALID_OPTION",
      `\`selector\` must name \`id\`, \`user\` or \`channel\`, but ${what}. For everybody, pass () => true.`,
    );
  }
  const { id, user, channel } = selector;
  // One that is named and undefined is a mistake that would end more streams than were meant.
  for (const name of named) checkText(`selector.${name}`, selector[name as keyof typeof selector] ?? null);
  return (stream) => {
    const { subscriber } = stream;
    if (id !== undefined && stream.id !== id && subscriber?.id !== id) return false;
    if (user !== undefined && subscriber?.user !== user) return false;
    return channel === undefined || stream.feed.describe().channel === channel;
  };
}
