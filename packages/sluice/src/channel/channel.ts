import { ignore } from "../base/errors/guard.ts";
import { OnDemand } from "../base/loading/on-demand.ts";
import { onceLoaded } from "../base/loading/once-loaded.ts";
import type { Log } from "../logs/log.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { type ChannelOptions, type ChannelSettings, checkChannelOptions } from "./channel-options.ts";
import type { ChannelSetup } from "./channel-setup.ts";
import { type ChannelStats, NO_FIGURES } from "./channel-stats.ts";
import { FilterNumbers } from "./event/filter-numbers.ts";
import type { JsonEvents } from "./event/jsonify.ts";
import type { AnyEvents, EventMap } from "./event/kept-event.ts";
import type { ChannelKeeper, KnownChannels } from "./known/known-channels.ts";
import { type LocalPresence, NOBODY } from "./local-presence.ts";
import { askLog } from "./log-failed.ts";
import type { OpenChannel } from "./open-channel.ts";
import type { DataText } from "./publish/new-entry.ts";
import { copyOptions, NO_PUBLISH_OPTIONS, type PublishOptions } from "./publish/publish-options.ts";
import type { Draft, PublishedEvent } from "./publish/published-event.ts";
import { validText } from "./publish/valid-text.ts";
import type { History, HistoryOptions } from "./read/history.ts";
import type { SubscribeOptions } from "./subscribe-options.ts";
import { type SubscribedChannel, Subscription } from "./subscription.ts";

type LoadedChannel = typeof import("./loaded-channel.ts");

/**
 * A named, ordered, replayable sequence of events that programs publish to and subscribe to. `Events` maps the event
 * types to their data as published, and `Received` to their data as received. Default of `Received`: as JSON keeps it.
 */
export class Channel<Events extends EventMap = AnyEvents, Received extends EventMap = JsonEvents<Events>> {
  readonly name: string;
  /** Carries the types, for `EventsOf`; absent at run time. */
  declare readonly "~types"?: { readonly events: Events; readonly received: Received };
  readonly #hub: StreamHub;
  readonly #log: Log;
  /** @internal */
  readonly settings: ChannelSettings;
  /** @internal True if new settings count only when the log is opened next: for the channels of jobs. */
  isFixed = false;
  readonly #subscribed: SubscribedChannel;
  readonly #onOpen: (() => void) | undefined;
  readonly #known: KnownChannels | undefined;
  /** The code that moves events. It is loaded before the log is opened, so that it refuses an event without the log. */
  readonly #code: OnDemand<LoadedChannel> = new OnDemand(() =>
    askLog(this.name, "be opened", import("./loaded-channel.ts")),
  );
  #opened: OnDemand<OpenChannel> = new OnDemand(() => this.#open());
  /** Resolves when the channel, as it was open before, has closed. */
  #closing: Promise<unknown> | undefined;
  #closed = false;

  /** @internal Use `sluice.channel()`. */
  constructor({ hub, settings: defaults, name, options, onOpen, known }: ChannelSetup<Events>) {
    this.name = name;
    this.#hub = hub;
    this.#log = defaults.log;
    this.settings = checkChannelOptions(options as ChannelOptions, defaults);
    const { settings } = this;
    this.#subscribed = { name, settings, filterNumbers: new FilterNumbers(), open: () => this.open() };
    this.#onOpen = onOpen;
    this.#known = known;
    // The code loads now, and only the log waits for the first use. If loading fails, each use tries again.
    Promise.resolve(this.#code.get()).catch(ignore);
  }

  /**
   * Publishes an event. Resolves to its event ID once the log has the event, as durable as the log promises (the memory
   * log: in this process). Events are logged in the order of the calls. If a schema validates asynchronously, Sluice
   * copies the data and orders the event when the schema has answered.
   *
   * Rejects with `INVALID_FIELD` (type, topics, id, retry), `INVALID_OPTION` (unknown options), `INVALID_DATA`,
   * `SCHEMA_MISMATCH`, `EVENT_TOO_LARGE`, `ID_CONFLICT`, `CLOSED` or `LOG_FAILED`.
   */
  publish<Type extends keyof Events & string>(
    type: Type,
    data: Events[Type],
    options: PublishOptions = NO_PUBLISH_OPTIONS,
  ): Promise<string> {
    // No async function: its frame and promises would be most of the cost of a publish (`npm run bench -- logs`).
    try {
      return onceLoaded(validText(this.settings, type, data, this.#code), (text) =>
        this.publishText(type, text, options),
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Publishes several events, all or none, in order, with no other event between them. Resolves to their event IDs once
   * the log has all of them, as `publish` does; to `[]` for no events. Takes at most 1,000 events, at most 4 MiB in all
   * (counted as `retain.bytes` counts), and no more than the channel keeps (`retain`).
   *
   * If one event is invalid, publishes none; the error names its index. If the channel still keeps an event with an own
   * ID of the call, publishes only the other events. To repeat a call safely, give each event an own ID. Events with
   * equal own IDs must be equal, and are one event.
   *
   * Rejects as `publish` does. `INVALID_OPTION` also means no array or too many events, `EVENT_TOO_LARGE` also too many
   * bytes.
   */
  async publishAll(events: readonly PublishedEvent<Events>[]): Promise<string[]> {
    const draft = (given: unknown): Draft => {
      const event = { ...copyOptions(given as object) } as PublishedEvent;
      try {
        return { event, text: validText(this.settings, event.type, event.data, this.#code) };
      } catch (error) {
        return { event, error };
      }
    };
    const drafts: unknown = Array.isArray(events) ? Array.from(events, draft) : events;
    return onceLoaded(this.#code.get(), (code) => code.publishAll(this, drafts));
  }

  /** @internal Publishes data that is text already, as the log keeps it. */
  publishText(type: string, data: DataText, options: PublishOptions): Promise<string> {
    const code = this.#code.get();
    if (!(code instanceof Promise)) return code.publish(this, { type, data, options });
    const publication = { type, data, options: copyOptions(options) };
    return code.then((loaded) => loaded.publish(this, publication));
  }

  /**
   * Returns a description of a subscription: the source of any number of streams, and an async iterable. Throws
   * `INVALID_OPTION`.
   */
  subscribe<Type extends keyof Received & string = keyof Received & string>(
    options: SubscribeOptions<Received, Type> = {},
  ): Subscription<Pick<Received, Type>> {
    return new Subscription<Pick<Received, Type>>(this.#subscribed, options as unknown as SubscribeOptions);
  }

  /**
   * Resolves to kept events, oldest first: the events after an event ID, or the newest ones. As with a subscription,
   * events with topics are included only if the options name one of the topics. Rejects with `INVALID_OPTION` and
   * `LOG_FAILED`.
   */
  async history<Type extends keyof Received & string = keyof Received & string>(
    options: HistoryOptions<Received, Type> = {},
  ): Promise<History<Pick<Received, Type>>> {
    const { checkHistoryOptions } = await this.#code.get();
    const query = checkHistoryOptions(options as unknown as HistoryOptions, this.#subscribed);
    // Begin at once if the channel is open: it may close in this turn.
    return onceLoaded(this.open(), (open) => open.history(query)) as unknown as Promise<History<Pick<Received, Type>>>;
  }

  /**
   * Resolves to the position of the newest event, for `?lastEventId=` or the option `lastEventId`: a subscriber with it
   * receives every event published from now on. Rejects with `LOG_FAILED` and `CLOSED`.
   */
  async position(): Promise<string> {
    return (await this.open()).position;
  }

  /** Returns the channel's figures in this process; zeros until the first use has opened the log. */
  stats(): ChannelStats {
    return this.#opened.value?.stats ?? NO_FIGURES;
  }

  /**
   * Frees the parts of the channel in this process: the window, the figures, and the log's tail. The events stay in the
   * log. A later use opens the channel again. Waits for publishes and reads in flight. The streams of the channel in
   * this process end with the reason `drained`, and their subscribers resume, which opens it again; iterations end.
   * Does nothing to the channel of jobs. Never rejects.
   */
  async close(): Promise<void> {
    if (this.isFixed) return;
    await this.#release();
    (await this.keeper())?.forget(this);
  }

  /**
   * Deletes the channel from the log, in every process. Subscribers everywhere receive a gap with the reason `deleted`,
   * and stay: events that are published later follow. No position of the past is valid any more. A publish that has not
   * resolved before this call may be deleted, may follow, or rejects with `LOG_FAILED`. To keep subscribers away, end
   * their streams too. Rejects with `LOG_FAILED`, and with `CLOSED`; the channel may then be deleted or not, but not
   * in part.
   */
  delete(): Promise<void> {
    // Not an async function: a publish that follows must not overtake it.
    return onceLoaded(this.open(), (open) => open.delete());
  }

  /** @internal Counts the subscribers in this process. */
  presence(): LocalPresence {
    return this.#opened.value?.presence ?? NOBODY;
  }

  /** @internal */
  get closed(): boolean {
    return this.#closed;
  }

  /** @internal Returns the open channel; a promise while the log is being opened. */
  open(): OpenChannel | Promise<OpenChannel> {
    return this.#closed ? this.#open() : this.#opened.get();
  }

  /** @internal Opens the log again, since settings have changed. Its streams end, and their subscribers reconnect. */
  reopen(changed: readonly string[]): void {
    if (!this.isFixed) void this.#release(changed);
  }

  /** @internal The open channel, or its loader. */
  get opened(): Pick<OnDemand<OpenChannel>, "value" | "isPending"> {
    return this.#opened;
  }

  /** @internal Forgets the open channel, which is closing. The next use opens it again after that. */
  abandon(closing: Promise<unknown>): void {
    this.#closing = closing;
    this.#opened = new OnDemand(() => closing.then(() => this.#open()));
  }

  /** @internal Resolves to the keeper of the known channels; to `undefined` if there is none. Never rejects. */
  async keeper(): Promise<ChannelKeeper | undefined> {
    const known = this.#known;
    const code = await Promise.resolve(this.#code.get()).catch(ignore);
    return known && (this.#closed ? known.keeper : code?.keeperOf(known));
  }

  /** @internal Stops following the log for good. The Sluice ends the streams. */
  async shutDown(): Promise<void> {
    this.#closed = true;
    // A channel that is still being opened is closed as soon as it is open.
    await (await this.#opened.settled())?.close();
  }

  async #open(): Promise<OpenChannel> {
    const { closed, settings } = this;
    if (!closed) this.#onOpen?.();
    const { openChannel } = await this.#code.get();
    return openChannel({ hub: this.#hub, log: this.#log, channel: this, settings, known: this.#known, closed });
  }

  /** Ends the open channel. The next use waits for the end, and opens the log again. */
  #release(changed?: readonly string[]): Promise<unknown> {
    // The channel may still be closing from an earlier call.
    const ended = Promise.all([this.#closing, this.#opened.settled().then((open) => open?.end(changed))]);
    this.abandon(ended);
    return ended;
  }
}
