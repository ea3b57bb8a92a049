import { checkNames, invalidOption } from "../base/check-option.ts";
import { MAX_EVENT_ID_LENGTH } from "../base/position.ts";
import type { Feed, FeedSource, SourceContext } from "../stream/feed.ts";
import type { SseItem } from "../stream/source/sse-item.ts";
import type { CursorSetup } from "./deliver/cursor.ts";
import type { FilterNumbers } from "./event/filter-numbers.ts";
import type { AnyEvents, EventMap } from "./event/kept-event.ts";
import { checkSelection, type SelectionOptions } from "./event/selection-options.ts";
import { DeferredIterator } from "./follow/deferred-iterator.ts";
import type { OpenChannel } from "./open-channel.ts";
import type { Initial } from "./read/snapshot.ts";
import type { From } from "./read/start-point.ts";

/** What a subscriber wants of a channel. */
export interface SubscribeOptions<
  Events extends EventMap = AnyEvents,
  Type extends keyof Events & string = keyof Events & string,
> extends SelectionOptions<Events, Type> {
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
  readonly hasLatest: boolean;
  readonly filterNumbers: FilterNumbers;
  /** At once where the log is open. */
  open(): OpenChannel | Promise<OpenChannel>;
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

  /** Makes a stream of it: for `stream` and `response`, not to be called by others. */
  openFeed(context: SourceContext): Feed | Promise<Feed> {
    const opened = this.#channel.open();
    const feed = (channel: OpenChannel) => channel.feed(this.#setup, context);
    return opened instanceof Promise ? opened.then(feed) : feed(opened);
  }

  [Symbol.asyncIterator](): AsyncGenerator<SseItem<T>, void, undefined> {
    return this.after(undefined);
  }

  /** Iterates like a subscriber that comes with this last event ID. */
  after(lastEventId: string | undefined): AsyncGenerator<SseItem<T>, void, undefined> {
    const opened = this.#channel.open();
    const begin = (channel: OpenChannel) =>
      channel.iterate(this.#setup, lastEventId) as AsyncGenerator<SseItem<T>, void, undefined>;
    return opened instanceof Promise ? new DeferredIterator(opened.then(begin)) : begin(opened);
  }
}

function checkSubscribeOptions(channel: SubscribedChannel, options: SubscribeOptions): CursorSetup {
  checkNames("subscribe", options, NAMES);
  const { from = "now", initial } = options;
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
  const selection = checkSelection(options, channel.filterNumbers);
  return { selection, from, initial };
}
