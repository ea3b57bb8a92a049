import { checkFunction, checkNames, checkNumber, checkOneOf, invalidOption } from "../base/checks/check-option.ts";
import type { StandardSchema } from "../base/checks/standard-schema.ts";
import type { Retention } from "../logs/log.ts";
import type { JsonEvents } from "./event/jsonify.ts";
import type { AnyEvents, ChannelEvent, EventMap } from "./event/kept-event.ts";
import type { Serializer } from "./event/serializer.ts";
import type { LatestLimits } from "./read/latest.ts";
import type { WindowLimits } from "./read/live/event-window.ts";

/** Options of a channel. */
export interface ChannelOptions<Events extends EventMap = AnyEvents, Received extends EventMap = JsonEvents<Events>> {
  /**
   * Limits of the events that the log keeps. The oldest events beyond any limit are trimmed. Default: `events` 10,000;
   * `bytes` 16 MiB (320 per event, and its text in UTF-8); `age` `Infinity`, in ms.
   */
  readonly retain?: Partial<Retention>;
  /**
   * Limits of the newest events that this process keeps encoded, for subscribers that lag a little. Older events are
   * read from the log. Default: `events` 4,096; `bytes` 8 MiB.
   */
  readonly window?: Partial<WindowLimits>;
  /**
   * Returns the key of an event, for subscriptions with `initial: "latest"`, which begin with the newest event of each
   * key; `undefined`: no key. An event with topics replaces only events with equal topics. Default: none.
   */
  readonly latestBy?: (event: ChannelEvent<Received>) => string | undefined;
  /**
   * Limits of the events remembered for `latestBy`. Beyond a limit the oldest keys are forgotten, and the snapshot of a
   * subscriber that may miss one begins with a gap event. Default: `keys` 10,000; `bytes` 16 MiB.
   */
  readonly latest?: Partial<LatestLimits>;
  /**
   * A Standard Schema for the data of each event type. `publish` validates the data, and publishes the schema's output.
   * Default: none.
   */
  readonly schemas?: { readonly [Type in keyof Events]?: StandardSchema<Events[Type]> };
  /**
   * Returns the data of an event as text, in place of `JSON.stringify()`: of strings too. Needs `parse`. Subscribers
   * receive the text, and must parse it in the same way. If it throws, `publish` rejects with `INVALID_DATA`.
   * Default: JSON.
   */
  readonly serialize?: Serializer["serialize"];
  /**
   * Returns the data of a text that `serialize` made, wherever this process receives events: iteration, `history()`,
   * filters, `latestBy`. Needs `serialize`. If it throws, the event is left out, and `onError` receives `INVALID_DATA`.
   * Default: JSON.
   */
  readonly parse?: Serializer["parse"];
  /**
   * `"required"`: every published event must name topics, so that a forgotten topic is an error and not a leak. Use it
   * for notifications. Default: an event without topics goes to all subscribers.
   */
  readonly topics?: "required";
  /**
   * Maximum number of topics of one subscription. A subscription with more is refused with `INVALID_OPTION`, which
   * answers a request with 400. Default: 1,000.
   */
  readonly maxTopics?: number;
  /** Largest size of an event's data as text, in bytes of UTF-8. Default: 1 MiB. */
  readonly maxEventBytes?: number;
  /** Largest size of an event's type, in bytes of UTF-8. Default: 256. */
  readonly maxTypeBytes?: number;
  /**
   * Time for which events are gathered for one write, in ms. 0: until the end of the event-loop turn. Default: the
   * option `flushInterval` of the Sluice.
   */
  readonly flushInterval?: number;
}

/** Checked {@link ChannelOptions}, with their defaults. */
export interface ChannelSettings {
  readonly retain: Retention;
  readonly window: WindowLimits;
  readonly latestBy: ((event: ChannelEvent) => string | undefined) | undefined;
  readonly latest: LatestLimits;
  readonly schemas: Readonly<Record<string, StandardSchema>> | undefined;
  readonly serializer: Serializer | undefined;
  readonly topics: "required" | undefined;
  readonly maxTopics: number;
  readonly maxEventBytes: number;
  readonly maxTypeBytes: number;
  readonly flushInterval: number;
  /** Type of the gap events. No event of the channel may have it. */
  readonly gapEvent: string;
}

/** The settings of a Sluice that hold for its channels. */
export type ChannelDefaults = Pick<ChannelSettings, "flushInterval" | "gapEvent">;

const RETAIN_EVENTS = 10_000;
const RETAIN_BYTES = 16 * 1024 * 1024;
const WINDOW_EVENTS = 4_096;
const WINDOW_BYTES = 8 * 1024 * 1024;
const LATEST_KEYS = 10_000;
const LATEST_BYTES = 16 * 1024 * 1024;
const MAX_TOPICS = 1_000;
const MAX_EVENT_BYTES = 1024 * 1024;
const MAX_TYPE_BYTES = 256;

const NAMES = [
  "retain",
  "window",
  "latestBy",
  "latest",
  "schemas",
  "serialize",
  "parse",
  "topics",
  "maxTopics",
  "maxEventBytes",
  "maxTypeBytes",
  "flushInterval",
];
const SIZE = { min: 1, whole: true };
const COUNT = { ...SIZE, infinite: true };

/** Returns the options with their defaults. Throws `INVALID_OPTION` if an option is invalid. */
export function checkChannelOptions(
  options: ChannelOptions,
  { flushInterval, gapEvent }: ChannelDefaults,
): ChannelSettings {
  checkNames("channel", options, NAMES);
  const { retain = {}, window = {}, latestBy, latest = {}, schemas, topics, serialize, parse } = options;
  checkNames("retain", retain, ["events", "bytes", "age"]);
  checkNames("window", window, ["events", "bytes"]);
  checkNames("latest", latest, ["keys", "bytes"]);
  checkFunction("latestBy", latestBy);
  checkFunction("serialize", serialize);
  checkFunction("parse", parse);
  if (!serialize !== !parse) throw invalidOption("serialize", "given together with `parse`", serialize);
  if (topics !== undefined) checkOneOf("topics", topics, ["required"]);
  if (schemas !== undefined) {
    if (typeof schemas !== "object" || schemas === null)
      throw invalidOption("schemas", "an object of schemas by event type", schemas);
    for (const [type, schema] of Object.entries(schemas)) {
      if (typeof schema?.["~standard"]?.validate !== "function")
        throw invalidOption(`schemas.${type}`, "a Standard Schema (standardschema.dev)", schema);
    }
  }
  return {
    retain: {
      events: checkNumber("retain.events", retain.events, RETAIN_EVENTS, COUNT),
      bytes: checkNumber("retain.bytes", retain.bytes, RETAIN_BYTES, COUNT),
      age: checkNumber("retain.age", retain.age, Number.POSITIVE_INFINITY, { min: 1, infinite: true, unit: "ms" }),
    },
    window: {
      events: checkNumber("window.events", window.events, WINDOW_EVENTS, COUNT),
      bytes: checkNumber("window.bytes", window.bytes, WINDOW_BYTES, COUNT),
    },
    latestBy,
    latest: {
      keys: checkNumber("latest.keys", latest.keys, LATEST_KEYS, COUNT),
      bytes: checkNumber("latest.bytes", latest.bytes, LATEST_BYTES, COUNT),
    },
    schemas: schemas as ChannelSettings["schemas"],
    serializer: serialize && parse && { serialize, parse },
    topics,
    maxTopics: checkNumber("maxTopics", options.maxTopics, MAX_TOPICS, SIZE),
    maxTypeBytes: checkNumber("maxTypeBytes", options.maxTypeBytes, MAX_TYPE_BYTES, SIZE),
    maxEventBytes: checkNumber("maxEventBytes", options.maxEventBytes, MAX_EVENT_BYTES, SIZE),
    flushInterval: checkNumber("flushInterval", options.flushInterval, flushInterval, { max: 60_000, unit: "ms" }),
    gapEvent,
  };
}
