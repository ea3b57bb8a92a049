/** Maps the event types of a stream to their data as received. For a channel's: `EventsOf<typeof orders>`. */
export type EventMap = object;

/** The event map of a stream without a type parameter: any type, any data. */
export type AnyEvents = Record<string, unknown>;

/** An event of a stream. A union that narrows on `type`. Also the gap event, if the stream has no `onGap`. */
export type StreamEvent<Events extends EventMap = AnyEvents> =
  | { readonly [Type in keyof Events & string]: StreamEventFields<Type, Events[Type]> }[keyof Events & string]
  | ("gap" extends keyof Events ? never : StreamEventFields<"gap", StreamGap>);

/** The fields of an event. */
export interface StreamEventFields<Type extends string, Data> {
  /** The event's type; `"message"` if the server gives none. */
  readonly type: Type;
  readonly data: Data;
  /** The position after this event: its ID, or the ID of an earlier block if it has none. `""`: no block had an ID. */
  readonly id: string;
}

/** The events that a stream missed and can no longer receive, as the server reports them, or a tab that shares. */
export interface StreamGap {
  /**
   * Why the server cannot send them: see `GapReason` of `sluice`. Servers may add reasons. `no-id`: with
   * `shareAcrossTabs`, another connection has begun, and the events have no IDs from which it could resume.
   */
  readonly reason: string;
  /** The position from which the stream resumed, as far as the server shows it. */
  readonly lastEventId: string;
  /** The position after which the stream continues. */
  readonly resumesAfter: string;
  /** The name of the part that missed events, on a combined stream. */
  readonly channel?: string;
}
