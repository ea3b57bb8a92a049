import { brand } from "../../base/copies/brand.ts";

/** The fields of an event besides its data. */
export interface SseItemFields {
  /** The event ID. A reconnecting subscriber returns it as `Last-Event-ID`. */
  readonly id?: string | undefined;
  /** The event's type. Default: the stream's option `event`. */
  readonly event?: string | undefined;
  /** The subscriber's reconnection time from now on, in ms. */
  readonly retry?: number | undefined;
  /** A comment. Clients ignore it. */
  readonly comment?: string | undefined;
}

/**
 * An event with more than data. Any other value that a source yields is the *data* of an event, even if it has fields
 * of these names. Only an `SseItem` carries an ID, a type, a reconnection time or a comment.
 *
 * ```ts
 * yield new SseItem(order, { id: order.id, event: "placed" });
 * yield new SseItem(undefined, { comment: "still working" });
 * ```
 *
 * Fields are checked when the item is written. An invalid field then ends the stream with an error of code
 * `INVALID_FIELD`.
 */
export class SseItem<T = unknown> implements SseItemFields {
  /**
   * A string is sent as it is, any other value as JSON. `undefined` is allowed only with a comment or a reconnection
   * time.
   */
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

/** Returns true if the value is an `SseItem` of any copy of the package. */
export const isSseItem: (value: unknown) => value is SseItem = brand(SseItem, "sluice.SseItem");
