import { check } from "../../checker/check.mjs";
import {
  type ConnectionHistory,
  type DisconnectHistory,
  History,
  type PublishedEvent,
  type Seen,
  type SubscriberHistory,
} from "../../history.mjs";

type SeenWithoutTick = { [Kind in Seen["kind"]]: Omit<Extract<Seen, { kind: Kind }>, "tick"> }[Seen["kind"]];
type EventFields = Partial<Pick<PublishedEvent, "topics" | "ownId" | "publisher">>;

/** The only node of a made round. */
export const NODE = "node 1.1";

/** A round without a cluster: a test makes the history that a correct or faulty cluster would leave. */
export class MadeRound {
  readonly history: History = new History();

  /** `retained`: the number of events that the log keeps. The first life of the log has the epoch `one`. */
  constructor({ retained = 1_000_000, storeLostData = false } = {}) {
    this.history.retained = retained;
    this.history.storeLostData = storeLostData;
    this.history.addLife("one", {}, NODE);
  }

  /** Publishes an event. It is acknowledged at `position`; without a position, the publisher receives no answer. */
  publish(position?: string, { topics, ownId, publisher = 0 }: EventFields = {}): PublishedEvent {
    const event = this.history.addEvent({ publisher, topics, ownId });
    const began = this.history.tick();
    if (position === undefined) {
      event.attempts.push({ node: NODE, began });
      return event;
    }
    const [epoch = "", offset] = position.split("-");
    const answered = this.history.tick();
    const id = ownId ?? position;
    event.attempts.push({ node: NODE, began, answered, id, position: { epoch, offset: Number(offset) } });
    return event;
  }

  /** Publishes several events at once. They are acknowledged at positions that begin with this one. */
  publishAll(first: string, size: number, topics?: PublishedEvent["topics"]): PublishedEvent[] {
    const [epoch = "", offset] = first.split("-");
    const events = this.history.addBatch({ publisher: 0, topics }, size);
    for (const [i, event] of events.entries()) {
      const position = { epoch, offset: Number(offset) + i };
      const began = this.history.tick();
      const id = `${epoch}-${position.offset}`;
      event.attempts.push({ node: NODE, began, answered: this.history.tick(), id, position });
    }
    return events;
  }

  /** Publishes the same event once more. It is acknowledged at this offset. */
  publishAgain({ attempts }: PublishedEvent, offset: number, epoch = "one"): void {
    const began = this.history.tick();
    attempts.push({ ...attempts[0]!, began, answered: this.history.tick(), position: { epoch, offset } });
  }

  /** Deletes the channel. With an error, the call rejects. */
  delete(error?: string): void {
    const began = this.history.tick();
    const answered = this.history.tick();
    this.history.deletions.push({ node: NODE, began, answered, ...(error !== undefined && { error }) });
  }

  /** Begins a life that holds nothing of the earlier ones, but what `holds` names. */
  beginLife(epoch: string, holds: Record<string, number> = {}): void {
    const earlier = this.history.lives.map((life) => [life.epoch, holds[life.epoch] ?? -1]);
    this.history.addLife(epoch, Object.fromEntries(earlier), NODE);
  }

  /** Opens a stream that begins with this position. */
  subscribe(position: string, topics?: SubscriberHistory["topics"]): MadeSubscriber {
    return new MadeSubscriber(this.history, topics, position);
  }

  /** Opens a stream of a user, without a subscriber. */
  connect(user: string): ConnectionHistory {
    return Object.assign(this.history.addConnection(user, NODE), { opened: this.history.tick() });
  }

  /** Calls `disconnect` on a node, which answers. */
  disconnect(user: string, node: string, answer: Partial<DisconnectHistory> = {}): void {
    Object.assign(this.history.addDisconnect(user, node), { answered: this.history.tick(), ...answer });
  }

  /** Makes the store lose data at this moment. */
  loseData(began: number = this.history.tick()): void {
    this.history.losses.push({ began, ended: this.history.tick() });
  }

  /** Returns the kind of each violation that the checker finds. */
  violations(): string[] {
    return check(this.history).violations.map(({ kind }) => kind);
  }
}

/** A subscriber of a made round. */
export class MadeSubscriber {
  readonly #history: History;
  readonly #record: SubscriberHistory;
  #lastEventId: string;

  constructor(history: History, topics: SubscriberHistory["topics"], position: string) {
    this.#history = history;
    this.#record = history.addSubscriber(`subscriber ${history.subscribers.length}`, topics);
    this.#lastEventId = position;
    this.sees({ kind: "position", id: position });
  }

  /** Receives events with their acknowledged IDs. */
  receives(...events: readonly PublishedEvent[]): this {
    for (const event of events) {
      const attempt = event.attempts.find(({ id }) => id !== undefined);
      this.receivesAs(attempt?.id ?? event.ownId ?? "unknown", event);
    }
    return this;
  }

  receivesAs(id: string, event: PublishedEvent): this {
    return this.sees({ kind: "event", id, key: event.key, intact: true });
  }

  receivesGap(reason: string, resumesAfter: string, lastEventId: string = this.#lastEventId): this {
    const before = this.#lastEventId;
    return this.sees({ kind: "gap", id: resumesAfter, before, reason, lastEventId, resumesAfter });
  }

  /** Reconnects with this last event ID. */
  reconnects(lastEventId: string, node: string = NODE): this {
    return this.sees({ kind: "opened", node, lastEventId });
  }

  sees(seen: SeenWithoutTick): this {
    this.#record.seen.push({ ...seen, tick: this.#history.tick() } as Seen);
    if ("id" in seen) this.#lastEventId = seen.id;
    return this;
  }
}
