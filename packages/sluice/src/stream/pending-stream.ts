import type { Connection, Subscriber } from "./connection.ts";

/** The hub, as a request without a stream uses it. */
interface PendingOwner {
  /** Prefix of stream IDs, unique among processes. */
  readonly name: string;
  nextNumber(): number;
}

/**
 * A request that has no stream yet: the code of streams is being loaded, or its source is being opened.
 * `disconnect()` finds and ends it like a stream.
 */
export abstract class PendingStream {
  readonly subscriber: Subscriber | undefined;
  /** The channels of its stream, as far as they are known. */
  channels: readonly string[] = [];
  abstract readonly remoteAddress: string | undefined;
  /** Time of the request on the clock of `performance.now()`, in whole ms: each stream keeps it. */
  readonly beganAt: number = Math.floor(performance.now());
  readonly #owner: PendingOwner;
  readonly #openedAt = Date.now();
  #number: number | undefined;

  constructor(owner: PendingOwner, subscriber: Subscriber | undefined) {
    this.#owner = owner;
    this.subscriber = subscriber;
  }

  /** Refuses the request. */
  abstract close(reason: "disconnected" | "drained"): void;

  /** The number of its stream. */
  get number(): number {
    return (this.#number ??= this.#owner.nextNumber());
  }

  /** The ID of its stream. */
  get id(): string {
    return `${this.#owner.name}-${this.number}`;
  }

  describe(): Connection {
    const { id, subscriber, channels, remoteAddress } = this;
    return {
      id,
      subscriber,
      channel: channels.length > 1 ? undefined : channels[0],
      channels,
      topics: undefined,
      state: "opening",
      lastEventId: undefined,
      openedAt: new Date(this.#openedAt),
      remoteAddress,
      events: 0,
      bytes: 0,
    };
  }
}
