import { checkFunction, checkNames, invalidOption } from "../protocol/check-option.ts";
import type { FeedSource, SourceContext } from "../stream/feed.ts";
import type { LazyContext } from "../stream/source.ts";
import type { SseItem } from "../stream/sse-item.ts";
import { Cursor, type CursorSetup } from "./cursor.ts";
import type { Delivery } from "./delivery.ts";
import { SubscriptionIterator } from "./iterate.ts";
import type { ChannelEvent, EventMap } from "./kept-event.ts";
import { MAX_EVENT_ID_LENGTH } from "./position.ts";
import type { EventFilter, FilterNumbers, Selection } from "./selection.ts";
import type { Initial } from "./snapshot.ts";
import type { From } from "./start-point.ts";
import { checkTopics } from "./topics.ts";

/** What a subscriber wants of a channel. */
export interface SubscribeOptions<
  Events extends EventMap = EventMap,
  Type extends keyof Events & string = keyof Events & string,
> {
  /**
   * Topics to hear of, besides events for everybody; `"*"`: every event, whatever its topics. Default: none, so that
   * leaving it out never leaks an event that is for somebody else.
   */
  readonly topics?: readonly string[] | "*";
  /** Types to hear of. Default: all. */
  readonly types?: readonly Type[];
  /**
   * Takes an event by returning `true`. It is asked once per event for all subscribers with this very function (and equal
   * topics and types), so define it once, not once per request, where you can. An event on which it throws is withheld, and reported.
   */
  readonly filter?: (event: ChannelEvent<Pick<Events, Type>>) => boolean;
  /** Where a subscriber begins that brings no last event ID. Default: `"now"`. */
  readonly from?: From;
  /**
   * What a subscriber gets first that brings no last event ID, or was told of a gap: with `"latest"` the newest event of each
   * key (the channel's option `latestBy`), or what a function makes, such as a snapshot read from a database. These events have no ID.
   */
  readonly initial?: Initial;
}

const NAMES = ["topics", "types", "filter", "from", "initial"];

/** The channel as a subscription sees it. */
export interface SubscribedChannel {
  readonly gapEvent: string;
  readonly hasLatest: boolean;
  readonly filterNumbers: FilterNumbers;
  /** At once where the log is open. */
  delivery(): Delivery | Promise<Delivery>;
}

/**
 * What a subscriber asked for: a description that costs next to nothing and can be used many times: as the source of any number of
 * streams, and without HTTP as an async iterable, which yields `SseItem`s with `event`, `id` and `data`.
 *
 * An iteration that falls behind what the log keeps yields an item with `event: "gap"` and the gap as data.
 */
export class Subscription<T = unknown> implements FeedSource, AsyncIterable<SseItem<T>> {
  readonly #channel: SubscribedChannel;
  readonly #setup: CursorSetup;

  /** @internal Use `channel.subscribe()`. */
  constructor(channel: SubscribedChannel, options: SubscribeOptions) {
    this.#channel = channel;
    this.#setup = checkSubscribeOptions(channel, options);
  }

  /** @internal Makes a stream of it; for `stream` and `response`. */
  openFeed(context: SourceContext): Cursor | Promise<Cursor> {
    const delivery = this.#channel.delivery();
    const open = (ready: Delivery) => new Cursor(ready, this.#setup, context as LazyContext);
    return delivery instanceof Promise ? delivery.then(open) : open(delivery);
  }

  [Symbol.asyncIterator](): AsyncGenerator<SseItem<T>, void, undefined> {
    return this.after(undefined);
  }

  /** Iterates like a subscriber that comes with this last event ID. */
  after(lastEventId: string | undefined): AsyncGenerator<SseItem<T>, void, undefined> {
    return new SubscriptionIterator(this.#channel.delivery(), this.#setup, lastEventId) as AsyncGenerator<
      SseItem<T>,
      void,
      undefined
    >;
  }
}

function checkSubscribeOptions(channel: SubscribedChannel, options: SubscribeOptions): CursorSetup {
  checkNames("subscribe", options, NAMES);
  const { types, filter, from = "now", initial } = options;
  const topics =
    options.topics === "*"
      ? "*"
      : new Set(options.topics === undefined ? [] : checkTopics(options.topics, "INVALID_OPTION"));
  if (
    types !== undefined &&
    !(Array.isArray(types) && types.every((type) => typeof type === "string" && type !== ""))
  ) {
    throw invalidOption("types", "an array of event types", types);
  }
  checkFunction("filter", filter);
  if (typeof from !== "string" || from === "" || from.length > MAX_EVENT_ID_LENGTH)
    throw invalidOption("from", '"now", "start" or an event ID', from);
  if (initial !== undefined && initial !== "latest" && typeof initial !== "function")
    throw invalidOption("initial", '"latest" or a function', initial);
  if (initial === "latest" && !channel.hasLatest)
    throw invalidOption(
      "initial",
      'a function, since the channel has no option `latestBy` to make "latest" of',
      initial,
    );
  if (initial !== undefined && from !== "now")
    throw invalidOption("from", '"now" or absent where `initial` says how to begin', from);
  const selection = makeSelection(
    channel.filterNumbers,
    topics,
    types === undefined ? undefined : new Set(types),
    filter as EventFilter | undefined,
  );
  return { selection, from, initial, gapEvent: channel.gapEvent };
}

function makeSelection(
  numbers: FilterNumbers,
  topics: ReadonlySet<string> | "*",
  types: ReadonlySet<string> | undefined,
  filter: EventFilter | undefined,
): Selection {
  const named = topics === "*" ? "*" : [...topics].sort();
  const key = JSON.stringify([
    named,
    types === undefined ? null : [...types].sort(),
    filter === undefined ? 0 : numbers.of(filter),
  ]);
  return { key, topics, types, filter };
}
