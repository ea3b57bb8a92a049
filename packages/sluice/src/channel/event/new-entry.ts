import { show } from "../../base/check-option.ts";
import { SluiceError } from "../../base/sluice-error.ts";
import type { NewEntry } from "../../logs/log.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { checkFields } from "../../protocol/encode-event.ts";
import { dataText } from "../../stream/source/data-text.ts";
import type { ChannelSettings } from "../channel-options.ts";
import { checkTopics } from "./topics.ts";

/** What goes with an event besides its type and data. */
export interface PublishOptions {
  /** Who it is for: subscribers that name one of these topics. Default: everybody. */
  readonly topics?: readonly string[];
  /**
   * The publisher's own event ID, 1 to 512 characters, in place of the log's. An event whose ID the channel still keeps is not
   * published again, so that a publisher that does not know whether it went through can repeat it.
   */
  readonly id?: string;
  /** Reconnection time in ms that subscribers are to use from now on. */
  readonly retry?: number;
}

/**
 * What a publish of these data appends to the log. Made in the call, so that nothing that its caller changes afterwards is in it. Throws
 * `INVALID_DATA`, `EVENT_TOO_LARGE` and `INVALID_FIELD`.
 */
export function makeEntry(
  channel: string,
  { maxEventBytes, gapEvent }: ChannelSettings,
  type: string,
  value: unknown,
  { topics, id, retry }: PublishOptions,
): NewEntry {
  const data = dataText(value);
  // UTF-8 takes at most three bytes for each of JavaScript's characters, so that few need to be counted.
  const bytes = data.length * 3 <= maxEventBytes ? 0 : toBytes(data).length;
  if (bytes > maxEventBytes) {
    throw new SluiceError(
      "EVENT_TOO_LARGE",
      `The data of "${type}" has ${bytes} bytes; \`maxEventBytes\` of channel "${channel}" is ${maxEventBytes}. Publish a reference to it, or raise the limit.`,
    );
  }
  if (typeof type !== "string" || type === "" || type === gapEvent) {
    throw new SluiceError(
      "INVALID_FIELD",
      `An event's type must be a string that is not empty nor "${gapEvent}", but is ${show(type)}.`,
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
