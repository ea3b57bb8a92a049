import type { EventMap } from "./kept-event.ts";
import type { GapEvent, ReceivedEvent } from "./received-event.ts";

/**
 * The events of a `Channel`, a `ChannelDefinition`, a `Subscription` or a `Combination` as they are received: a map
 * from event types to the types of their data. Or the events of a combination of such parts, by the names of the parts:
 * the types are then `name.type`.
 *
 * ```ts
 * type Placed = EventsOf<typeof orders>["placed"];
 * type PlacedOfPart = EventsOf<{ orders: typeof orders; notices: typeof notices }>["orders.placed"];
 * ```
 */
export type EventsOf<T extends WithEvents | { readonly [name: string]: WithEvents }> = string extends keyof T
  ? PartEvents<T>
  : "~types" extends keyof T
    ? OwnEvents<T>
    : T extends AsyncIterable<unknown>
      ? OwnEvents<T>
      : PartEvents<T>;

/** A value with types of events: in a property that is absent at run time, or in the events that it yields. */
type WithEvents = { readonly "~types"?: { readonly received: EventMap } } | AsyncIterable<ReceivedEvent>;

type OwnEvents<T> = T extends { readonly "~types"?: infer Types }
  ? NonNullable<Types> extends { readonly received: infer Received }
    ? Received
    : YieldedEvents<T>
  : YieldedEvents<T>;

type YieldedEvents<T> =
  T extends AsyncIterable<infer Event>
    ? { [Each in Exclude<Event, GapEvent> as TypeIn<Each>]: Each extends { readonly data: infer Data } ? Data : never }
    : never;

type TypeIn<Event> = Event extends { readonly type: infer Type extends string } ? Type : never;

type PartEvents<Parts> = {
  [Key in PrefixedTypes<Parts>]: Key extends `${infer Name}.${infer Type}`
    ? Name extends keyof Parts
      ? DataOf<OwnEvents<Parts[Name]>, Type>
      : never
    : never;
};

/** The types of the events of all parts. The name of a part has no dot. */
type PrefixedTypes<Parts> = {
  [Name in keyof Parts & string]: `${Name}.${keyof OwnEvents<Parts[Name]> & string}`;
}[keyof Parts & string];

type DataOf<Events, Type extends string> = Type extends keyof Events ? Events[Type] : never;
