import { checkFunction, checkNames, checkNumber, invalidOption } from "../base/check-option.ts";
import type { Retention } from "../logs/log.ts";
import type { AnyEvents, ChannelEvent, EventMap } from "./event/kept-event.ts";
import type { StandardSchema } from "./event/standard-schema.ts";
import type { WindowLimits } from "./read/window.ts";

/** How a channel is set up. */
export interface ChannelOptions<Events extends EventMap = AnyEvents> {
  /**
   * How much of the past the log keeps; what goes beyond any of the limits is trimmed, oldest first. `events`: 10 000. `bytes`: 16 MiB;
   * counted are the characters of the text, and 320 for each event. `age` in ms: `Infinity`.
   */
  readonly retain?: Partial<Retention>;
  /**
   * How much of the newest past this process keeps encoded, for subscribers that are a little behind. `events`: 4 096. `bytes`: 8 MiB.
   * Beyond it they are served from the log.
   */
  readonly window?: Partial<WindowLimits>;
  /** Names the key of which an event is the newest state, for subscriptions with `initial: "latest"`; `undefined`: none. At most 10 000 keys are kept. */
  readonly latestBy?: (event: ChannelEvent<Events>) => string | undefined;
  /** A Standard Schema for the data of each type: `publish` validates, and publishes what the schema makes of it. */
  readonly schemas?: { readonly [Type in keyof Events]?: StandardSchema<Events[Type]> };
  /** Size of an event's data as text at most, in bytes of UTF-8. Default: 1 MiB. */
  readonly maxEventBytes?: number;
  /** How long events are gathered for one write, in ms; 0: until the end of the event-loop turn. Default: that of the Sluice. */
  readonly flushInterval?: number;
}

/** The same, checked, with the defaults filled in. */
export interface ChannelSettings {
  readonly retain: Retention;
  readonly window: WindowLimits;
  readonly latestBy: ((event: ChannelEvent) => string | undefined) | undefined;
  readonly schemas: Readonly<Record<string, StandardSchema>> | undefined;
  readonly maxEventBytes: number;
  readonly flushInterval: number;
  /** The type of gap events, which no event of the channel may have. */
  readonly gapEvent: string;
}

const RETAIN_EVENTS = 10_000;
const RETAIN_BYTES = 16 * 1024 * 1024;
const WINDOW_EVENTS = 4_096;
const WINDOW_BYTES = 8 * 1024 * 1024;
const MAX_EVENT_BYTES = 1024 * 1024;

const COUNT = { min: 1, whole: true, infinite: true };

/** Throws `INVALID_OPTION` where an option is not what its description says. */
export function checkChannelOptions(options: ChannelOptions, flushInterval: number, gapEvent: string): ChannelSettings {
  checkNames("channel", options, ["retain", "window", "latestBy", "schemas", "maxEventBytes", "flushInterval"]);
  const { retain = {}, window = {}, latestBy, schemas } = options;
  checkNames("retain", retain, ["events", "bytes", "age"]);
  checkNames("window", window, ["events", "bytes"]);
  checkFunction("latestBy", latestBy);
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
    schemas: schemas as ChannelSettings["schemas"],
    maxEventBytes: checkNumber("maxEventBytes", options.maxEventBytes, MAX_EVENT_BYTES, { min: 1, whole: true }),
    flushInterval: checkNumber("flushInterval", options.flushInterval, flushInterval, { max: 60_000, unit: "ms" }),
    gapEvent,
  };
}
