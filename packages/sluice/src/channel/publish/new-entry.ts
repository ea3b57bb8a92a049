import { checkNames, show } from "../../base/checks/check-option.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import type { NewEntry } from "../../logs/log.ts";
import { toBytes } from "../../protocol/bytes.ts";
import { checkFields } from "../../protocol/encode-event.ts";
import { checkTopic, unique } from "../event/topics.ts";
import { NO_PUBLISH_OPTIONS, type PublishOptions } from "./publish-options.ts";

/** Rules for the events of a channel. */
export interface EntryRules {
  /** True if every event must name topics. */
  readonly topics: "required" | undefined;
  /** Largest size of the type, in bytes of UTF-8. */
  readonly maxTypeBytes: number;
  /** Largest size of the data as text, in bytes of UTF-8. */
  readonly maxEventBytes: number;
  /** Type of the channel's gap events. No published event may have it. */
  readonly gapEvent: string;
}

/** The data of an event, as the log keeps it. */
export interface DataText {
  readonly text: string;
  /** True if the text is JSON, or made by the option `serialize`; false if it is a string as published. */
  readonly json: boolean;
}

/** An event to publish. */
export interface Publication {
  readonly type: string;
  readonly data: DataText;
  readonly options: PublishOptions;
}

/**
 * Returns the log entry of a publication. Throws `EVENT_TOO_LARGE`, `INVALID_FIELD` and, for unknown options,
 * `INVALID_OPTION`.
 */
export function makeEntry(channel: string, rules: EntryRules, publication: Publication): NewEntry {
  const { type, options } = publication;
  const { text: data, json } = publication.data;
  const { maxEventBytes, gapEvent } = rules;
  const topics = checkTopicsOf(channel, rules, options);
  const { id, retry } = options;
  const bytes = exceeds(data, maxEventBytes);
  if (bytes > 0) {
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
  if (exceeds(type, rules.maxTypeBytes) > 0) {
    throw new SluiceError(
      "INVALID_FIELD",
      `An event's type must have at most ${rules.maxTypeBytes} bytes (\`maxTypeBytes\` of channel "${channel}"), ` +
        `but is ${show(type)}.`,
    );
  }
  checkFields({ event: type, id, retry, data: "" });
  return { type, data, json, topics, id, retry };
}

/**
 * Returns the topics of an event. A mistake in the options must fail, and never publish to all subscribers. So
 * `topics` must be a non-empty array if it is present, and unknown options are refused.
 */
function checkTopicsOf(channel: string, rules: EntryRules, options: PublishOptions): readonly string[] | undefined {
  if (options !== NO_PUBLISH_OPTIONS) {
    checkNames("publish", options, PUBLISH_NAMES);
    if ("topics" in options) return checkTopics(options.topics as readonly string[]);
  }
  if (rules.topics === undefined) return undefined;
  throw new SluiceError(
    "INVALID_FIELD",
    `An event of channel "${channel}" must name topics, since the channel has the option \`topics: "required"\`.`,
  );
}

const PUBLISH_NAMES = ["topics", "id", "retry"];

/** Maximum number of topics of one event. */
const MAX_EVENT_TOPICS = 1_000;

/** Returns the topics without duplicates. Throws `INVALID_FIELD` unless they are 1 to 1,000 valid names. */
function checkTopics(topics: readonly string[]): readonly string[] {
  if (!Array.isArray(topics) || topics.length === 0 || topics.length > MAX_EVENT_TOPICS) {
    throw new SluiceError(
      "INVALID_FIELD",
      `\`topics\` must be an array of 1 to ${MAX_EVENT_TOPICS} names, but is ${show(topics)}. ` +
        "For no topics, leave it out.",
    );
  }
  for (const topic of topics) checkTopic(topic, "INVALID_FIELD");
  return unique(topics);
}

/** Returns the size of a text in bytes of UTF-8 if it exceeds `limit`, else 0. */
function exceeds(text: string, limit: number): number {
  // A UTF-16 code unit takes at most three bytes in UTF-8, so most texts need no exact count.
  if (text.length * 3 <= limit) return 0;
  const bytes = toBytes(text).length;
  return bytes > limit ? bytes : 0;
}
