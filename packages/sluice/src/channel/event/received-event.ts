import type { Gap } from "./gap.ts";
import type { AnyEvents, EventMap } from "./kept-event.ts";

/**
 * An event that an iteration yields: an event of the channel, or a {@link GapEvent}. A union that narrows on `type`, as
 * that of `history()` does.
 *
 * The types are those of the channel's event map. Programs that publish other types to the channel, and the option
 * `initial`, can yield other events: name the option `types`, or handle the rest of the union.
 */
export type ReceivedEvent<Events extends EventMap = AnyEvents> =
  | { readonly [Type in keyof Events & string]: ReceivedFields<Type, Events[Type]> }[keyof Events & string]
  | ("gap" extends keyof Events ? never : GapEvent);

/**
 * An event that reports lost events. Its type is the option `gapEvent` of the Sluice: if you change that option, add
 * the new name to the channel's event map, with `Gap` as its data.
 */
export type GapEvent = ReceivedFields<"gap", Gap>;

interface ReceivedFields<Type extends string, Data> {
  readonly type: Type;
  readonly data: Data;
  /** The event ID. `undefined` for an event of a snapshot, from which nothing can resume. */
  readonly id: string | undefined;
  /** Topics of the event. `undefined`: the event is for all subscribers. */
  readonly topics: readonly string[] | undefined;
  /** Time of publication, in ms since 1970. `undefined` for a gap, and for an event of an `initial` function. */
  readonly time: number | undefined;
}
