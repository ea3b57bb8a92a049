import { show } from "../base/check-option.ts";
import { formatPosition, MAX_EVENT_ID_LENGTH, NEVER_IN_AN_ID, parsePosition } from "../base/position.ts";
import { SluiceError } from "../base/sluice-error.ts";
import type { ChannelLog, NewEntry } from "../logs/log.ts";
import type { Feed, SourceContext } from "../stream/feed.ts";
import type { SseItem } from "../stream/source/sse-item.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import type { ChannelStats } from "./channel.ts";
import type { ChannelSettings } from "./channel-options.ts";
import { Cursor, type CursorSetup } from "./deliver/cursor.ts";
import { Delivery } from "./deliver/delivery.ts";
import { NO_POSITION } from "./event/gap.ts";
import type { ChannelEvent } from "./event/kept-event.ts";
import { SubscriptionIterator } from "./follow/subscription-iterator.ts";
import type { LocalPresence } from "./local-presence.ts";
import { askLog, logError } from "./log-failed.ts";
import { presenceOf } from "./presence-of.ts";
import type { History, HistoryQuery } from "./read/history.ts";
import { Latest } from "./read/latest.ts";
import { readHistory } from "./read/read-history.ts";

/** A channel whose log is open: all that moves its events. Loaded when the first channel is made. */
export class OpenChannel {
  readonly delivery: Delivery;
  #published = 0;
  /** The highest offset that a publish of this process has got. */
  #newest = 0;

  constructor(hub: StreamHub, log: ChannelLog, name: string, settings: ChannelSettings) {
    const { window, latestBy, flushInterval, gapEvent } = settings;
    const latest =
      latestBy === undefined ? undefined : new Latest(latestBy as (event: ChannelEvent) => string | undefined);
    this.delivery = new Delivery(hub, log, { channel: name, window, flushInterval, latest, gapEvent });
    if (log.first <= log.last) void this.delivery.loadLatest();
  }

  /** Appends an entry that was checked before, but for what only the log tells. Resolves to its event ID. Throws `INVALID_FIELD`. */
  publish(entry: NewEntry): Promise<string> {
    const { log, epoch, channel } = this.delivery;
    if (entry.id !== undefined) checkOwnId(entry.id, epoch);
    return log.append([entry]).then(
      ([offset]) => this.#appended(entry, offset!),
      (cause) => {
        throw logError(channel, "append an event", cause);
      },
    );
  }

  /** A subscriber's place, for its stream. */
  feed(setup: CursorSetup, context: SourceContext): Feed {
    return new Cursor(this.delivery, setup, context);
  }

  /** A subscriber's place, for those who iterate. */
  iterate(setup: CursorSetup, lastEventId: string | undefined): AsyncGenerator<SseItem, void, undefined> {
    return new SubscriptionIterator(this.delivery, setup, lastEventId);
  }

  history(query: HistoryQuery): Promise<History> {
    return askLog(this.delivery.channel, "read events", readHistory(this.delivery, query));
  }

  /** The position of the newest event. */
  get position(): string {
    return this.delivery.position(this.delivery.window.last).id;
  }

  get stats(): ChannelStats {
    const { live, lagging, log, window, cohorts } = this.delivery;
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

  get presence(): LocalPresence {
    return presenceOf(this.delivery);
  }

  /** The offsets of the oldest and the newest entry that the log keeps. `first` is `last + 1` if it keeps none. */
  get retained(): { readonly first: number; readonly last: number } {
    const { first, last } = this.delivery.log;
    return { first, last };
  }

  /** Resolves when this process has received every entry that any process appended before the call. */
  async sync(): Promise<void> {
    await this.delivery.log.sync();
  }

  close(): Promise<void> {
    return this.delivery.close();
  }

  #appended(entry: NewEntry, offset: number): string {
    // One that is not new was there before, under its publisher's own ID.
    if (offset > this.#newest) {
      this.#newest = offset;
      this.#published++;
    }
    // The offset is of the life that the log is in at this moment, and perhaps no longer a moment later.
    return entry.id ?? formatPosition({ epoch: this.delivery.log.epoch, offset });
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
