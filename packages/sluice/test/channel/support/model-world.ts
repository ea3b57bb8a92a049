import { expect } from "vitest";
import { formatPosition } from "../../../src/base/position.ts";
import { Channel } from "../../../src/channel/channel.ts";
import type { PublishedEvent } from "../../../src/channel/publish/published-event.ts";
import type { NewEntry } from "../../../src/logs/log.ts";
import { checkSluiceOptions } from "../../../src/sluice/sluice-options.ts";
import { StreamHub } from "../../../src/stream/stream-hub.ts";
import { FakeSubscriber } from "./fake-subscriber.ts";
import { IteratingSubscriber } from "./iterating-subscriber.ts";
import type { LogHistory, ModelPosition } from "./log-history.ts";
import { type Asking, checkHistory } from "./model-history.ts";
import type { ModelLog } from "./model-logs.ts";
import { HIGH_WATER_MARK, MAX_DATA, ModelSubscriber, SELECTIONS } from "./model-subscriber.ts";

export const RETAINED_EVENTS = 40;
export const WINDOW_EVENTS = 12;

/** How a subscriber connects. */
export interface Connecting {
  readonly selection: number;
  readonly isIterating: boolean;
  readonly takesAll: boolean;
}

/** An event to publish. */
export interface Publishing {
  readonly type: string;
  readonly topics: readonly string[] | undefined;
  readonly ownId: boolean;
}

/** A channel under test, its subscribers, and the model to compare them with. */
export class World {
  readonly modelLog: ModelLog;
  readonly history: LogHistory;
  readonly hub: StreamHub;
  readonly channel: Channel;
  readonly subscribers: ModelSubscriber[] = [];
  readonly errors: unknown[] = [];
  #entriesMade = 0;
  #unanswered = 0;
  /** Calls of publish and delete so far. */
  #calls = 0;
  /** Publishes that resolved: their order among the calls, and the data of their first event. */
  readonly #published: { readonly order: number; readonly data: string }[] = [];
  /** Deletions that resolved, and the life that was there at the call. */
  readonly #deleted: { readonly order: number; readonly era: number }[] = [];

  constructor(modelLog: ModelLog) {
    const settings = checkSluiceOptions({ highWaterMark: HIGH_WATER_MARK, heartbeat: Number.POSITIVE_INFINITY });
    this.modelLog = modelLog;
    this.history = modelLog.history;
    this.hub = new StreamHub(settings, (error) => this.errors.push(error));
    this.channel = new Channel({
      hub: this.hub,
      settings: { ...settings, log: modelLog.log },
      name: "orders",
      options: { retain: { events: RETAINED_EVENTS }, window: { events: WINDOW_EVENTS } },
    });
  }

  /** Position of the channel, as far as this process knows. */
  get here(): ModelPosition {
    const { epoch, last } = this.modelLog.channelLog;
    return { era: this.history.eras.findIndex((era) => era.epoch === epoch), offset: last };
  }

  get isSettled(): boolean {
    const { now, eras } = this.history;
    const { era, offset } = this.here;
    if (this.#unanswered > 0) return false;
    // A channel that nothing uses closes when it is deleted.
    if (!this.isOpen) return !this.channel.opened.isPending;
    return era === now && offset === eras[now]!.entries.length;
  }

  publish(publishing: Publishing): void {
    const [entry] = this.#entries(publishing, 1);
    const { type, data, ...options } = published(entry!);
    this.#check(
      [entry!],
      this.channel.publish(type, data, options).then((id) => [id]),
    );
  }

  /** Publishes events at once. */
  publishAll(publishing: Publishing, count: number): void {
    const entries = this.#entries(publishing, count);
    this.#check(entries, this.channel.publishAll(entries.map(published)));
  }

  publishElsewhere(publishing: Publishing, count: number): void {
    this.modelLog.store?.append(this.#entries(publishing, count));
  }

  /** Checks the IDs to which a call resolves that publishes entries. */
  #check(entries: readonly NewEntry[], call: Promise<readonly string[]>): void {
    const { epoch } = this.modelLog.channelLog;
    this.#unanswered++;
    const order = this.#calls++;
    call
      .then((eventIds) => {
        this.#published.push({ order, data: entries[0]!.data });
        // If a new life begins in the turn of the answer, the ID may belong to either life.
        if (this.modelLog.channelLog.epoch !== epoch) return;
        const positions = eventIds.map((eventId) => this.history.position(eventId));
        const found = positions.map((position) => position && this.history.at(position)?.data);
        expect(found, "publish resolves to the IDs of the events").toEqual(entries.map(({ data }) => data));
        const first = positions[0]?.offset ?? 0;
        expect(positions.map((position) => position?.offset)).toEqual(entries.map((_, i) => first + i));
      })
      .catch((error) => this.#failed(error))
      .finally(() => {
        this.#unanswered--;
      });
  }

  /** True if the channel is open: its log is the one of {@link ModelLog.channelLog}. */
  get isOpen(): boolean {
    return this.channel.opened.value !== undefined;
  }

  /** Resolves when the channel is open, and all waiting calls are under way. */
  async open(): Promise<void> {
    if (!this.isOpen) await this.channel.position();
  }

  /** Closes the channel, as `channel.close()` does, or only if nothing uses it, as `idleTimeout` does. */
  close(onlyIfIdle: boolean): void {
    const { value } = this.channel.opened;
    if (!onlyIfIdle || value?.isUnused) void this.channel.close();
  }

  delete(): void {
    const { history } = this;
    const era = history.now;
    const order = this.#calls++;
    this.#unanswered++;
    this.channel
      .delete()
      .then(
        () => {
          expect(history.holds(era, history.now), "a deletion ends the life that was there").toBeLessThan(0);
          this.#deleted.push({ order, era });
        },
        (error) => this.#failed(error),
      )
      .finally(() => {
        this.#unanswered--;
      });
  }

  /** Calls `history()`, and checks the result. */
  ask(asking: Asking): void {
    this.#unanswered++;
    checkHistory(this.channel, this.history, asking)
      .catch((error) => this.#failed(error))
      .finally(() => {
        this.#unanswered--;
      });
  }

  /** Checks that each deletion deleted nothing that was published after the call. */
  checkDeletions(): void {
    const eraOf = new Map(this.history.eras.flatMap(({ entries }, era) => entries.map(({ data }) => [data, era])));
    for (const deletion of this.#deleted) {
      for (const { order, data } of this.#published)
        if (order > deletion.order) expect(eraOf.get(data), "a later publish survives").toBeGreaterThan(deletion.era);
    }
  }

  connect(connecting: Connecting): void {
    const subscriber = this.#add(connecting);
    subscriber.begins(this.here);
    this.#connect(subscriber, undefined, connecting.takesAll);
  }

  connectFromStart(connecting: Connecting): void {
    const subscriber = this.#add(connecting);
    const { era, offset } = this.here;
    subscriber.begins({ era, offset: this.modelLog.channelLog.first - 1 });
    subscriber.newestAtStart = offset;
    this.#connect(subscriber, undefined, connecting.takesAll, "start");
  }

  /** Connects a subscriber of another process, which may have received more, or less, than this process knows. */
  arrive(connecting: Connecting, position: ModelPosition): void {
    const subscriber = this.#add(connecting);
    subscriber.begins(position);
    this.#connect(
      subscriber,
      formatPosition({ epoch: this.history.eras[position.era]!.epoch, offset: position.offset }),
      connecting.takesAll,
    );
  }

  /** Writes the heartbeats that the sweep writes to idle streams. */
  writeHeartbeats(): void {
    for (const stream of this.hub.streams) if (stream.writable) stream.write(stream.feed.heartbeat());
  }

  reconnect(subscriber: ModelSubscriber): void {
    const { connection } = subscriber;
    subscriber.check();
    connection.disconnect();
    // It was cut before it had read a position, so it connects as a new subscriber.
    if (connection.lastEventId === "") subscriber.begins(this.here);
    else subscriber.checkPosition();
    this.#connect(subscriber, connection.lastEventId || undefined, false);
  }

  /** Only a shared log may reject. */
  #failed(error: { readonly code?: string }): void {
    if (error.code !== "LOG_FAILED" || this.modelLog.store === undefined) this.errors.push(error);
  }

  #entries({ type, topics, ownId }: Publishing, count: number): NewEntry[] {
    return Array.from({ length: count }, () => {
      const n = ++this.#entriesMade;
      const data = JSON.stringify({ n, pad: "p".repeat(n % MAX_DATA) });
      return { type, data, json: true, topics, id: ownId ? `own/${n}` : undefined };
    });
  }

  #add({ selection, isIterating }: Connecting): ModelSubscriber {
    const subscriber = new ModelSubscriber(this.history, SELECTIONS[selection]!, isIterating);
    this.subscribers.push(subscriber);
    return subscriber;
  }

  #connect(subscriber: ModelSubscriber, lastEventId: string | undefined, takesAll: boolean, from = "now"): void {
    const subscription = this.channel.subscribe({ ...subscriber.selection.options, from });
    subscriber.connected(
      subscriber.isIterating
        ? new IteratingSubscriber(subscription, lastEventId)
        : new FakeSubscriber(this.hub, subscription, lastEventId, takesAll),
    );
  }
}

/** Returns an entry as it is published. */
function published({ type, data, topics, id }: NewEntry): PublishedEvent {
  return { type, data: JSON.parse(data), ...(topics && { topics }), ...(id && { id }) };
}
