import { OnDemand } from "../base/on-demand.ts";
import { SluiceError } from "../base/sluice-error.ts";
import type { Log } from "../logs/log.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { type ChannelOptions, type ChannelSettings, checkChannelOptions } from "./channel-options.ts";
import { FilterNumbers } from "./event/filter-numbers.ts";
import type { AnyEvents, EventMap } from "./event/kept-event.ts";
import { makeEntry, type PublishOptions } from "./event/new-entry.ts";
import { applySchema } from "./event/standard-schema.ts";
import { type LocalPresence, NOBODY } from "./local-presence.ts";
import { askLog } from "./log-failed.ts";
import type { OpenChannel } from "./open-channel.ts";
import { checkHistoryOptions, type History, type HistoryOptions } from "./read/history.ts";
import { type SubscribedChannel, type SubscribeOptions, Subscription } from "./subscription.ts";

/** How a channel is doing. */
export interface ChannelStats {
  readonly subscribers: number;
  readonly live: number;
  readonly lagging: number;
  /** Events that were published in this process. */
  readonly published: number;
  /** Events that the log keeps. */
  readonly retained: number;
  /** Events and bytes that this process keeps encoded. */
  readonly window: { readonly events: number; readonly bytes: number };
  /** Different selections among the subscribers. */
  readonly cohorts: number;
}

/** Arguments of a channel's constructor. */
export interface ChannelSetup<Events extends EventMap> {
  readonly hub: StreamHub;
  readonly log: Log;
  readonly name: string;
  /** The type of the channel's gap events. */
  readonly gapEvent: string;
  /** Default of the option `flushInterval`, in ms. */
  readonly flushInterval: number;
  readonly options: ChannelOptions<Events>;
}

/** Nothing is known of a channel before its log is open. */
const NOTHING_YET: ChannelStats = {
  subscribers: 0,
  live: 0,
  lagging: 0,
  published: 0,
  retained: 0,
  window: { events: 0, bytes: 0 },
  cohorts: 0,
};

/** A named, ordered, replayable sequence of events: what one publishes to and subscribes to. */
export class Channel<Events extends EventMap = AnyEvents> {
  readonly name: string;
  readonly #hub: StreamHub;
  readonly #log: Log;
  readonly #settings: ChannelSettings;
  readonly #subscribed: SubscribedChannel;
  readonly #opened: OnDemand<OpenChannel> = new OnDemand(() => askLog(this.name, "be opened", this.#open()));
  #closed = false;

  /** @internal Use `sluice.channel()`. */
  constructor({ hub, log, name, gapEvent, flushInterval, options }: ChannelSetup<Events>) {
    this.name = name;
    this.#hub = hub;
    this.#log = log;
    this.#settings = checkChannelOptions(options as ChannelOptions, flushInterval, gapEvent);
    this.#subscribed = {
      hasLatest: this.#settings.latestBy !== undefined,
      filterNumbers: new FilterNumbers(),
      open: () => this.open(),
    };
    // At once, so that the first event waits no longer than it must. Whoever uses the channel hears of a failure again.
    Promise.resolve(this.open()).catch((error) => hub.report(error, { stage: "log", channel: name }));
  }

  /**
   * Publishes an event. Resolves to its event ID once the log has it; what that promises depends on the log (the memory log: it is in
   * this process). Events of one publisher are in the order of its calls, save those that wait for a schema that answers with a promise:
   * they take their place, and their data as it is, when it has answered.
   *
   * Rejects with `INVALID_FIELD` (type, topics, id, retry), `INVALID_DATA`, `SCHEMA_MISMATCH`, `EVENT_TOO_LARGE`, `CLOSED`, or `LOG_FAILED`.
   */
  publish<Type extends keyof Events & string>(
    type: Type,
    data: Events[Type],
    options: PublishOptions = {},
  ): Promise<string> {
    // Not an async function: its frame and promises would be most of what a publish takes.
    try {
      const { schemas } = this.#settings;
      const schema = schemas !== undefined && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
      const value = schema === undefined ? data : applySchema(type, schema, data);
      return schema !== undefined && value instanceof Promise
        ? value.then((settled) => this.#publish(type, settled, options))
        : this.#publish(type, value, options);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Describes what a subscriber wants. Give it to `stream` or `response`, as often as you like, or iterate over it.
   * Throws `INVALID_OPTION`.
   */
  subscribe<Type extends keyof Events & string = keyof Events & string>(
    options: SubscribeOptions<Events, Type> = {},
  ): Subscription<Events[Type]> {
    return new Subscription<Events[Type]>(this.#subscribed, options as unknown as SubscribeOptions);
  }

  /**
   * Events that the channel keeps, oldest first: those after an event ID, or the newest. Like a subscription, it gives events with
   * topics only to those who name one of them. Rejects with `INVALID_OPTION` and `LOG_FAILED`.
   */
  async history<Type extends keyof Events & string = keyof Events & string>(
    options: HistoryOptions<Events, Type> = {},
  ): Promise<History<Pick<Events, Type>>> {
    const query = checkHistoryOptions(options as unknown as HistoryOptions, this.#subscribed.filterNumbers);
    return (await this.open()).history(query) as unknown as Promise<History<Pick<Events, Type>>>;
  }

  /**
   * The position of the newest event, for `?lastEventId=` or `lastEventId`: whoever comes with it gets everything that is published
   * from now on.
   */
  async position(): Promise<string> {
    return (await this.open()).position;
  }

  stats(): ChannelStats {
    return this.#opened.value?.stats ?? NOTHING_YET;
  }

  /** @internal Who is connected here. */
  presence(): LocalPresence {
    return this.#opened.value?.presence ?? NOBODY;
  }

  /** @internal */
  get closed(): boolean {
    return this.#closed;
  }

  /** @internal At once where the log is open. */
  open(): OpenChannel | Promise<OpenChannel> {
    return this.#opened.get();
  }

  /** @internal Follows the log no more; streams are ended by the Sluice. */
  async close(): Promise<void> {
    this.#closed = true;
    // One that is still being opened is closed as soon as it is open.
    await (await this.#opened.settled())?.close();
  }

  #publish(type: string, value: unknown, options: PublishOptions): Promise<string> {
    if (this.#closed) throw new SluiceError("CLOSED", `Channel "${this.name}" is closed.`);
    const entry = makeEntry(this.name, this.#settings, type, value, options);
    const opened = this.open();
    return opened instanceof Promise ? opened.then((open) => open.publish(entry)) : opened.publish(entry);
  }

  async #open(): Promise<OpenChannel> {
    if (this.#closed) throw new SluiceError("CLOSED", `Channel "${this.name}" is closed.`);
    const { OpenChannel } = await import("./open-channel.ts");
    const onError = (error: unknown) => this.#hub.report(error, { stage: "log", channel: this.name });
    const log = await this.#log.open(this.name, { retain: this.#settings.retain, onError });
    return new OpenChannel(this.#hub, log, this.name, this.#settings);
  }
}
