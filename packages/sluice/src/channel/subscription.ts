import { onceLoaded } from "../base/loading/once-loaded.ts";
import type { Feed, FeedSource, SourceContext } from "../stream/feed.ts";
import { currentStreamSignal } from "../stream/source/current-stream.ts";
import type { AnyEvents, EventMap } from "./event/kept-event.ts";
import type { ReceivedEvent } from "./event/received-event.ts";
import { iteratorOf } from "./follow/deferred-iterator.ts";
import type { OpenChannel } from "./open-channel.ts";
import {
  checkSubscribeOptions,
  type SubscribableChannel,
  type SubscribeOptions,
  type SubscriptionSettings,
} from "./subscribe-options.ts";

/** A channel as its subscriptions see it. */
export interface SubscribedChannel extends SubscribableChannel {
  readonly name: string;
  /** Returns the open channel; a promise while the log is being opened. */
  open(): OpenChannel | Promise<OpenChannel>;
}

/**
 * A description of the events that a subscriber wants. It is cheap and reusable: the source of any number of streams,
 * and without HTTP an async iterable of events with `type`, `data` and `id`.
 *
 * An iteration that falls behind the log's retention yields an event of the type `gap`, with the gap as data. A source
 * that yields a received event sends it with its type and ID.
 */
export class Subscription<Events extends EventMap = AnyEvents>
  implements FeedSource, AsyncIterable<ReceivedEvent<Events>>
{
  readonly #channel: SubscribedChannel;
  readonly #settings: SubscriptionSettings;

  /** @internal Use `channel.subscribe()`. */
  constructor(channel: SubscribedChannel, options: SubscribeOptions) {
    this.#channel = channel;
    this.#settings = checkSubscribeOptions(channel, options);
  }

  /** The name of the channel. */
  get channel(): string {
    return this.#channel.name;
  }

  /** @internal The channel and the checked options, for `sluice.combine()`. */
  get part(): { readonly channel: SubscribedChannel; readonly settings: SubscriptionSettings } {
    return { channel: this.#channel, settings: this.#settings };
  }

  /** Opens the feed of a stream. Called by `stream()` and `response()`; not for other callers. */
  openFeed(context: SourceContext): Feed | Promise<Feed> {
    return onceLoaded(this.#channel.open(), (channel) => channel.feed(this.#settings, context));
  }

  [Symbol.asyncIterator](): AsyncGenerator<ReceivedEvent<Events>, void, undefined> {
    return this.after(undefined);
  }

  /** Iterates like a subscriber with this last event ID. */
  after(lastEventId: string | undefined): AsyncGenerator<ReceivedEvent<Events>, void, undefined> {
    const signal = this.#settings.signal ?? currentStreamSignal();
    const items = onceLoaded(this.#channel.open(), (channel) =>
      channel.iterate(this.#settings, { lastEventId, signal }),
    );
    return iteratorOf(items) as AsyncGenerator<ReceivedEvent<Events>, void, undefined>;
  }
}
