import type { FeedSource } from "../../../stream/feed.ts";
import type { Gap } from "../../event/gap.ts";
import type { AnyEvents } from "../../event/kept-event.ts";
import type { GapEvent, ReceivedEvent } from "../../event/received-event.ts";
import type { CombinedTypes } from "../combine-options.ts";

/** The parts of a combination: subscriptions by name. */
export type CombinedParts = Readonly<Record<string, CombinedPart>>;

/** A `Subscription` of any events. */
export interface CombinedPart extends FeedSource, AsyncIterable<ReceivedEvent> {
  readonly channel: string;
}

/** Data of a gap event of a combined stream. The positions are those of the part's own channel. */
export interface CombinedGap<Name extends string = string> extends Gap {
  /** The name of the part that missed events. */
  readonly channel: Name;
}

/**
 * An event that an iteration over a combination yields. A union that narrows on `channel`, the name of the part, and on
 * `type`, the event's own type. `id` is the combined event ID.
 */
export type CombinedEvent<Parts extends CombinedParts = CombinedParts> = {
  readonly [Name in keyof Parts & string]: NonNullable<Parts[Name]> extends AsyncIterable<infer Event>
    ? WithChannel<Name, Event>
    : never;
}[keyof Parts & string];

/** The events of a combination as subscribers receive them: a map from the types of the stream to their data. */
export type CombinedEventMap<Event, Types extends CombinedTypes> = [Types] extends ["prefixed"]
  ? { [Each in OwnEvent<Event> as `${Each["channel"]}.${Each["type"]}`]: Each["data"] }
  : [Types] extends ["plain"]
    ? { [Each in OwnEvent<Event> as Each["type"]]: Each["data"] }
    : AnyEvents;

/** The events of the parts without the gaps. */
type OwnEvent<Event> = Event extends { channel: string; type: string; data: unknown }
  ? Event["data"] extends CombinedGap
    ? never
    : Event
  : never;

type WithChannel<Name extends string, Event> = Event extends GapEvent
  ? Omit<Event, "data"> & { readonly channel: Name; readonly data: CombinedGap<Name> }
  : Event & { readonly channel: Name };
