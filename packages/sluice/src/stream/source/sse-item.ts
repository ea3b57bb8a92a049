/** What an event carries besides its data. */
export interface SseItemFields {
  /** The event ID, which a reconnecting subscriber sends back as `Last-Event-ID`. */
  readonly id?: string | undefined;
  /** The event's type; the stream's option `event` unless told. */
  readonly event?: string | undefined;
  /** The reconnection time in ms that the subscriber is to use from now on. */
  readonly retry?: number | undefined;
  /** A comment, which clients pass over. */
  readonly comment?: string | undefined;
}

/**
 * An event of a source, where it is more than its data: a value that a source yields is the *data*, whatever it looks like;
 * only an `SseItem` carries an ID, a type, a reconnection time or a comment.
 *
 * ```ts
 * yield new SseItem(order, { id: order.id, event: "placed" });
 * yield new SseItem(undefined, { comment: "still working" });
 * ```
 *
 * Fields are checked when the item is written ({@link encodeEvent}, code `INVALID_FIELD`).
 */
export class SseItem<T = unknown> implements SseItemFields {
  /** Strings go as they are, everything else as JSON. `undefined` only with a comment or a reconnection time. */
  readonly data: T;
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly retry: number | undefined;
  readonly comment: string | undefined;

  constructor(data: T, fields: SseItemFields = {}) {
    this.data = data;
    this.id = fields.id;
    this.event = fields.event;
    this.retry = fields.retry;
    this.comment = fields.comment;
  }
}
