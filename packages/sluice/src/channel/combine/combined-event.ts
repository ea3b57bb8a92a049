import type { FeedSource } from "../../stream/feed.ts";
import type { Gap } from "../event/gap.ts";
import type { GapEvent, ReceivedEvent } from "../event/received-event.ts";

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
  readonly [Name in keyof Parts & string]: Parts[Name] extends AsyncIterable<infer Event>
    ? WithChannel<Name, Event>
    : never;
}[keyof Parts & string];

type WithChannel<Name extends string, Event> = Event extends GapEvent
  ? Omit<Event, "data"> & { readonly channel: Name; readonly data: CombinedGap<Name> }
  : Event & { readonly channel: Name };
