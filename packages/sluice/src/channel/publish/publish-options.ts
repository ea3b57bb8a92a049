/** Options of `channel.publish()`. */
export interface PublishOptions {
  /**
   * Topics of the event: only subscribers that name one of them receive it. Default: none; all subscribers receive it.
   */
  readonly topics?: readonly string[];
  /**
   * The publisher's own event ID, 1 to 512 characters. Default: the log's ID. If the channel still keeps an event with
   * this ID, the event is not published again, so a publisher can safely repeat a call whose outcome it does not know.
   */
  readonly id?: string;
  /** Reconnection time that subscribers use from now on, in ms. Default: unchanged. */
  readonly retry?: number;
}

/** Options of an event without options. */
export const NO_PUBLISH_OPTIONS: PublishOptions = {};

/** Copies the options of a publication that waits, since the caller may change them meanwhile. */
export function copyOptions(options: PublishOptions): PublishOptions {
  // Only an array is copied. Any other value must reach the check as it is, and be refused.
  return Array.isArray(options?.topics) ? { ...options, topics: [...options.topics] } : options;
}
