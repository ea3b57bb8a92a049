import { show } from "../../base/check-option.ts";
import { SluiceError } from "../../base/sluice-error.ts";
import type { NewEntry } from "../../logs/log.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { checkFields } from "../../protocol/encode-event.ts";
import { dataText } from "../../stream/source/item-text.ts";
import { checkTopics } from "./topics.ts";

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

/** Limits of the events of a channel. */
export interface EntryLimits {
  /** Largest size of the data as text, in bytes of UTF-8. */
  readonly maxEventBytes: number;
  /** Type of the channel's gap events. No published event may have it. */
  readonly gapEvent: string;
}

/** An event to publish. */
export interface Publication {
  readonly type: string;
  readonly value: unknown;
  readonly options: PublishOptions;
}

/**
 * Returns the log entry of a publication. Copies the data as text, so that the caller cannot change them afterwards.
 * Throws `INVALID_DATA`, `EVENT_TOO_LARGE` and `INVALID_FIELD`.
 */
export function makeEntry(
  channel: string,
  { maxEventBytes, gapEvent }: EntryLimits,
  { type, value, options: { topics, id, retry } }: Publication,
): NewEntry {
  const data = dataText(value);
  // A UTF-16 code unit takes at most three bytes in UTF-8, so most texts need no exact count.
  const bytes = data.length * 3 <= maxEventBytes ? 0 : toBytes(data).length;
  if (bytes > maxEventBytes) {
    throw new SluiceError(
      "EVENT_TOO_LARGE",
      `The data of "${type}" has ${bytes} bytes; \`maxEventBytes\` of channel "${channel}" is ${maxEventBytes}. ` +
        "Publish a reference to the data, or raise the limit.",
    );
  }
  if (typeof type !== "string" || type === "" || type === gapEvent) {
    throw new SluiceError(
      "INVALID_FIELD",
      `An event's type must be a non-empty string other than "${gapEvent}", but is ${show(type)}.`,
    );
  }
  checkFields({ event: type, id, retry, data: "" });
  return {
    type,
    data,
    json: typeof value !== "string",
    topics: topics === undefined ? undefined : checkTopics(topics, "INVALID_FIELD"),
    id,
    retry,
  };
}
