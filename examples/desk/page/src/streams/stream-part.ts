import type { StreamGap } from "sluice/client";
import { ReplayCount } from "./replay-count.ts";

/** Position and connection of a received event. */
export interface Arrival {
  /** The event's ID in its own channel. */
  readonly eventId: string;
  /** The connection of the stream on which the event arrived, counted from 1. */
  readonly connection: number;
}

type Handler = (data: unknown, arrival: Arrival) => void;

/**
 * The events of one channel on a stream, and the counts that the inspector shows. A stream of one channel has one part.
 *
 * Fires `change` when any property changes, `gap` for a gap event, and `info` when it is known which events were
 * replayed.
 */
export class StreamPart extends EventTarget {
  /** The name that the inspector shows. */
  readonly name: string;
  /** The part's name in the types and IDs of a combined stream; `""` for the only part of a stream. */
  readonly key: string;
  /** ID of the newest event in its own channel, or "" if there is none yet. */
  lastEventId = "";
  received = 0;
  gaps: StreamGap[] = [];
  readonly #handlers = new Map<string, Handler[]>();
  #replay = new ReplayCount();
  #connection = 0;

  constructor(name: string, key = "") {
    super();
    this.name = name;
    this.key = key;
  }

  /** The event types of the stream that this part handles. */
  get types(): readonly string[] {
    return [...this.#handlers.keys()];
  }

  /** Number of events that were replayed on this connection. Undefined until it is known. */
  get replayed(): number | undefined {
    return this.#replay.count;
  }

  /** Calls `handler` for each event of this type. Call it before the stream opens. */
  on<T>(type: string, handler: (data: T, arrival: Arrival) => void): this {
    const typeOnStream = this.key === "" ? type : `${this.key}.${type}`;
    this.#handlers.set(typeOnStream, [...(this.#handlers.get(typeOnStream) ?? []), handler as Handler]);
    return this;
  }

  /** Forgets what arrived before, because the stream opens for another subscription. */
  reset(): void {
    this.lastEventId = "";
    this.received = 0;
    this.gaps = [];
    this.#replay = new ReplayCount();
    this.dispatchEvent(new Event("change"));
  }

  /** Called by the stream when a connection opens. */
  opened(connection: number): void {
    this.#connection = connection;
    this.#replay = new ReplayCount();
  }

  /** Called by the stream with each event of this part. */
  receive(typeOnStream: string, data: unknown, eventId: string): void {
    this.received++;
    this.#replay.add(eventId);
    const arrival: Arrival = { eventId, connection: this.#connection };
    for (const handler of this.#handlers.get(typeOnStream) ?? []) handler(data, arrival);
    this.dispatchEvent(new Event("change"));
  }

  /** Called by the stream with each gap of this part. */
  addGap(gap: StreamGap): void {
    this.gaps.push(gap);
    this.dispatchEvent(new CustomEvent<StreamGap>("gap", { detail: gap }));
    this.dispatchEvent(new Event("change"));
  }

  /** Sets the channel's position when the connection opened; null if there is no channel. */
  setPositionAtOpen(position: string | null): void {
    this.#replay.setPosition(position);
    // No event has come yet, so the position at the opening is the newest one.
    if (this.lastEventId === "" && position !== null) this.lastEventId = position;
    this.dispatchEvent(new Event("info"));
    this.dispatchEvent(new Event("change"));
  }

  /** True if this event is known to be a replayed event of the present connection. */
  isReplayed(arrival: Arrival): boolean {
    return arrival.connection === this.#connection && this.#replay.includes(arrival.eventId);
  }
}
