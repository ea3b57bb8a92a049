import type { Log, NewEntry, Retention } from "../logs/log.ts";
import { toBytes } from "../protocol/bytes.ts";
import { show } from "../protocol/check-option.ts";
import { checkFields } from "../protocol/event-fields.ts";
import { SluiceError } from "../protocol/sluice-error.ts";
import { dataText } from "../stream/event-text.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { type ChannelOptions, type ChannelSettings, checkChannelOptions } from "./channel-options.ts";
import { Delivery } from "./delivery.ts";
import { NO_POSITION } from "./gap.ts";
import { checkHistoryOptions, type History, type HistoryOptions, readHistory } from "./history.ts";
import type { AnyEvents, ChannelEvent, EventMap } from "./kept-event.ts";
import { Latest } from "./latest.ts";
import { type LocalPresence, NOBODY, presenceOf } from "./local-presence.ts";
import { LogFailed } from "./log-failed.ts";
import { formatPosition, MAX_EVENT_ID_LENGTH, NEVER_IN_AN_ID, parsePosition } from "./position.ts";
import { FilterNumbers } from "./selection.ts";
import { applySchema } from "./standard-schema.ts";
import { type SubscribedChannel, type SubscribeOptions, Subscription } from "./subscription.ts";
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

/** A named, ordered, replayable sequence of events: what one publishes to and subscribes to. */
export class Channel<Events extends EventMap = AnyEvents> {
  readonly name: string;
  readonly #hub: StreamHub;
  readonly #log: Log;
  readonly #gapEvent: string;
  readonly #settings: ChannelSettings;
  readonly #subscribed: SubscribedChannel;
  #delivery: Delivery | undefined;
  #opening: Promise<Delivery> | undefined;
  #closed = false;
  #published = 0;
  /** The highest offset that a publish of this process has got. */
  #newest = 0;

  /** @internal Use `sluice.channel()`. */
  constructor(
    hub: StreamHub,
    log: Log,
    name: string,
    gapEvent: string,
    flushInterval: number,
    options: ChannelOptions<Events>,
  ) {
    this.name = name;
    this.#hub = hub;
    this.#log = log;
    this.#gapEvent = gapEvent;
    this.#settings = checkChannelOptions(options as ChannelOptions, flushInterval);
    this.#subscribed = {
      gapEvent,
      hasLatest: this.#settings.latestBy !== undefined,
      filterNumbers: new FilterNumbers(),
      delivery: () => this.open(),
    };
    const opened = this.open();
    // Whoever uses the channel hears of it again.
    if (opened instanceof Promise) opened.catch((error) => hub.report(error, { stage: "log", channel: name }));
  }

  /**
   * Publishes an event. Resolves to its event ID once the log has it; what that promises depends on the log (the memory log: it is in
   * this process). Events of one publisher are in the order of its calls, save those that wait for a schema that answers with a promise:
   * they take their place, and their data as it is, when it has answered.
   *
   * Rejects with `INVALID_FIELD` (type, topics, id, retry), `INVALID_DATA`, `SCHEMA_MISMATCH`, `EVENT_TOO_LARGE`, `CLOSED`, or `LOG_FAILED`.
   */
  async publish<Type extends keyof Events & string>(
    type: Type,
    data: Events[Type],
    options: PublishOptions = {},
  ): Promise<string> {
    if (this.#closed) throw new SluiceError("CLOSED", `Channel "${this.name}" is closed.`);
    const { schemas } = this.#settings;
    const schema = schemas !== undefined && Object.hasOwn(schemas, type) ? schemas[type] : undefined;
    let value: unknown = data;
    if (schema !== undefined) {
      value = applySchema(type, schema, data);
      if (value instanceof Promise) value = await value;
    }
    const delivery = this.#delivery ?? (await this.open());
    const entry = this.#entry(delivery, type, value, options);
    const { log } = delivery;
    // The offset is of the life that the log is in at this moment, and perhaps no longer a moment later.
    const appended = log.append([entry]).then(([offset]) => ({ offset: offset!, epoch: log.epoch }));
    const { offset, epoch } = await this.#asked("append an event", appended);
    // One that is not new was there before, under its publisher's own ID.
    if (offset > this.#newest) {
      this.#newest = offset;
      this.#published++;
    }
    return entry.id ?? formatPosition(epoch, offset);
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
    const history = readHistory(await this.open(), query);
    return (await this.#asked("read events", history)) as unknown as History<Pick<Events, Type>>;
  }

  /**
   * The position of the newest event, for `?lastEventId=` or `lastEventId`: whoever comes with it gets everything that is published
   * from now on.
   */
  async position(): Promise<string> {
    const { epoch, window } = await this.open();
    return formatPosition(epoch, window.last);
  }

  stats(): ChannelStats {
    const delivery = this.#delivery;
    if (delivery === undefined) {
      return {
        subscribers: 0,
        live: 0,
        lagging: 0,
        published: this.#published,
        retained: 0,
        window: { events: 0, bytes: 0 },
        cohorts: 0,
      };
    }
    const { live, lagging, log, window, cohorts } = delivery;
    return {
      subscribers: live + lagging.size,
      live,
      lagging: lagging.size,
      published: this.#published,
      retained: log.last - log.first + 1,
      window: { events: window.last - window.first + 1, bytes: window.bytes },
      cohorts: cohorts.size,
    };
  }

  /** @internal Who is connected here. */
  presence(): LocalPresence {
    return this.#delivery === undefined ? NOBODY : presenceOf(this.#delivery);
  }

  /** @internal */
  get closed(): boolean {
    return this.#closed;
  }

  /** @internal At once where the log is open. */
  open(): Delivery | Promise<Delivery> {
    if (this.#delivery !== undefined) return this.#delivery;
    if (this.#opening !== undefined) return this.#opening;
    if (this.#closed) return Promise.reject(new SluiceError("CLOSED", `Channel "${this.name}" is closed.`));
    const onError = (error: unknown) => this.#hub.report(error, { stage: "log", channel: this.name });
    const log = this.#log.open(this.name, { retain: this.#settings.retain as Retention, onError });
    if (!(log instanceof Promise)) return (this.#delivery = this.#deliver(log));
    this.#opening = this.#asked("be opened", log)
      .then((opened) => (this.#delivery = this.#deliver(opened)))
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }

  /** @internal Follows the log no more; streams are ended by the Sluice. */
  async close(): Promise<void> {
    this.#closed = true;
    // One that is still being opened is closed as soon as it is open.
    const delivery = this.#delivery ?? (await this.#opening?.catch(() => undefined));
    await delivery?.close();
  }

  /** A log's own errors are the cause of ours. */
  async #asked<T>(what: string, answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      // A log that says CLOSED or INVALID_OPTION has said it all.
      throw cause instanceof SluiceError && cause.code !== "LOG_FAILED" ? cause : new LogFailed(this.name, what, cause);
    }
  }

  #entry(delivery: Delivery, type: string, value: unknown, { topics, id, retry }: PublishOptions): NewEntry {
    const data = dataText(value);
    const { maxEventBytes } = this.#settings;
    // UTF-8 takes at most three bytes for each of JavaScript's characters, so that few need to be counted.
    const bytes = data.length * 3 <= maxEventBytes ? 0 : toBytes(data).length;
    if (bytes > maxEventBytes) {
      throw new SluiceError(
        "EVENT_TOO_LARGE",
        `The data of "${type}" has ${bytes} bytes; \`maxEventBytes\` of channel "${this.name}" is ${maxEventBytes}. Publish a reference to it, or raise the limit.`,
      );
    }
    if (typeof type !== "string" || type === "" || type === this.#gapEvent) {
      throw new SluiceError(
        "INVALID_FIELD",
        `An event's type must be a string that is not empty nor "${this.#gapEvent}", but is ${show(type)}.`,
      );
    }
    checkFields({ event: type, id, retry, data: "" });
    if (id !== undefined) checkOwnId(id, delivery.epoch);
    return {
      type,
      data,
      json: typeof value !== "string",
      topics: topics === undefined ? undefined : checkTopics(topics, "INVALID_FIELD"),
      id,
      retry,
    };
  }

  #deliver(log: Awaited<ReturnType<Log["open"]>>): Delivery {
    const { window, latestBy, flushInterval } = this.#settings;
    const latest =
      latestBy === undefined ? undefined : new Latest(latestBy as (event: ChannelEvent) => string | undefined);
    const delivery = new Delivery(this.#hub, log, { channel: this.name, window, flushInterval, latest });
    if (log.first <= log.last) void delivery.loadLatest();
    return delivery;
  }
}

/** An own ID must come back from the header as it is, and must not look like a position of ours. */
function checkOwnId(id: string, epoch: string): void {
  if (id === "" || id.length > MAX_EVENT_ID_LENGTH || id.trim() !== id || NEVER_IN_AN_ID.test(id)) {
    throw new SluiceError(
      "INVALID_FIELD",
      `An event's id must have 1 to ${MAX_EVENT_ID_LENGTH} characters, none of them a control, and no space around it, but is ${show(id)}.`,
    );
  }
  if (id === NO_POSITION || id.startsWith(`${epoch}-`) || parsePosition(id)?.epoch === epoch) {
    throw new SluiceError(
      "INVALID_FIELD",
      `An event's own id must not be "${NO_POSITION}" nor begin with "${epoch}-", as the log's do, but is ${show(id)}.`,
    );
  }
}
