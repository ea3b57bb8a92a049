import { expect } from "vitest";
import { formatPosition } from "../../src/base/position.ts";
import { Channel } from "../../src/channel/channel.ts";
import type { NewEntry } from "../../src/logs/log.ts";
import { checkSluiceOptions } from "../../src/sluice-options.ts";
import { StreamHub } from "../../src/stream/stream-hub.ts";
import { FakeSubscriber } from "./fake-subscriber.ts";
import { IteratingSubscriber } from "./iterating-subscriber.ts";
import { Follower, HIGH_WATER_MARK, MAX_DATA, SELECTIONS } from "./model-follower.ts";
import type { Ground } from "./model-grounds.ts";
import type { Past, Place } from "./past.ts";

export const RETAINED_EVENTS = 40;
export const WINDOW_EVENTS = 12;

/** How a follower comes. */
export interface Coming {
  readonly selection: number;
  readonly isIterating: boolean;
  readonly takesAll: boolean;
}

/** What one publishes. */
export interface Publishing {
  readonly type: string;
  readonly topics: readonly string[] | undefined;
  readonly ownId: boolean;
}

/** A channel, all its followers, and what there is to compare them with. */
export class World {
  readonly ground: Ground;
  readonly past: Past;
  readonly hub: StreamHub;
  readonly channel: Channel;
  readonly followers: Follower[] = [];
  readonly errors: unknown[] = [];
  #published = 0;
  #unanswered = 0;

  constructor(ground: Ground) {
    const settings = checkSluiceOptions({ highWaterMark: HIGH_WATER_MARK, heartbeat: Number.POSITIVE_INFINITY });
    this.ground = ground;
    this.past = ground.past;
    this.hub = new StreamHub(settings, (error) => this.errors.push(error));
    this.channel = new Channel({
      hub: this.hub,
      log: ground.log,
      name: "orders",
      gapEvent: "gap",
      flushInterval: 0,
      options: { retain: { events: RETAINED_EVENTS }, window: { events: WINDOW_EVENTS } },
    });
  }

  /** Where the channel is, as far as this process knows. */
  get here(): Place {
    const { epoch, last } = this.ground.channelLog;
    return { era: this.past.eras.findIndex((era) => era.epoch === epoch), offset: last };
  }

  get isSettled(): boolean {
    const { now, eras } = this.past;
    const { era, offset } = this.here;
    return this.#unanswered === 0 && era === now && offset === eras[now]!.entries.length;
  }

  publish(publishing: Publishing): void {
    const entry = this.#entry(publishing);
    const { type, data, topics, id } = entry;
    this.ground.published(entry);
    const { epoch } = this.ground.channelLog;
    const published = this.channel.publish(type, JSON.parse(data), { ...(topics && { topics }), ...(id && { id }) });
    this.#unanswered++;
    published
      .then((told) => {
        // What is answered in the very turn in which a new life begins may be named by either.
        if (this.ground.channelLog.epoch !== epoch) return;
        const place = this.past.place(told);
        expect(place && this.past.at(place)?.data, "publish resolves to the place of the event").toBe(data);
      })
      .catch((error) => {
        if (error.code !== "LOG_FAILED" || this.ground.store === undefined) this.errors.push(error);
      })
      .finally(() => {
        this.#unanswered--;
      });
  }

  publishElsewhere(publishing: Publishing): void {
    this.ground.store?.append([this.#entry(publishing)]);
  }

  connect(coming: Coming): void {
    const follower = this.#add(coming);
    follower.begins(this.here);
    this.#connect(follower, undefined, coming.takesAll);
  }

  connectFromStart(coming: Coming): void {
    const follower = this.#add(coming);
    const { era, offset } = this.here;
    follower.begins({ era, offset: this.ground.channelLog.first - 1 });
    follower.cameAt = offset;
    this.#connect(follower, undefined, coming.takesAll, "start");
  }

  /** One that comes from another process, which may have told it more, or less, than this one knows. */
  arrive(coming: Coming, place: Place): void {
    const follower = this.#add(coming);
    follower.begins(place);
    this.#connect(
      follower,
      formatPosition({ epoch: this.past.eras[place.era]!.epoch, offset: place.offset }),
      coming.takesAll,
    );
  }

  /** What the sweep does for streams that were idle. */
  beat(): void {
    for (const stream of this.hub.streams) if (stream.writable) stream.write(stream.feed.heartbeat());
  }

  reconnect(follower: Follower): void {
    const { connection } = follower;
    connection.disconnect();
    // Cut before it had read its position: it comes as a new one.
    if (connection.lastEventId === "") follower.begins(this.here);
    else follower.checkPosition();
    this.#connect(follower, connection.lastEventId || undefined, false);
  }

  #entry({ type, topics, ownId }: Publishing): NewEntry {
    const n = ++this.#published;
    const data = JSON.stringify({ n, pad: "p".repeat(n % MAX_DATA) });
    return { type, data, json: true, topics, id: ownId ? `own/${n}` : undefined };
  }

  #add({ selection, isIterating }: Coming): Follower {
    const follower = new Follower(this.past, SELECTIONS[selection]!, isIterating);
    this.followers.push(follower);
    return follower;
  }

  #connect(follower: Follower, lastEventId: string | undefined, takesAll: boolean, from = "now"): void {
    const subscription = this.channel.subscribe({ ...follower.selection.options, from });
    follower.connected(
      follower.isIterating
        ? new IteratingSubscriber(subscription, lastEventId)
        : new FakeSubscriber(this.hub, subscription, lastEventId, takesAll),
    );
  }
}
