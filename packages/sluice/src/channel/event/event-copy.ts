import type { Serializer } from "./serializer.ts";

/** Fields of an {@link EventCopy}. */
export interface CopiedFields {
  readonly type: string;
  readonly data: unknown;
  readonly id?: string | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly time?: number | undefined;
  readonly retry?: number | undefined;
}

/**
 * An event as `history()` and an iteration return it. If a source yields it, it is sent with its ID and its type, as an
 * `SseItem` is, and with its data in the form that the channel has.
 */
export class EventCopy {
  readonly type: string;
  readonly data: unknown;
  readonly id: string | undefined;
  readonly topics: readonly string[] | undefined;
  readonly time: number | undefined;
  readonly #retry: number | undefined;
  readonly #serializer: Serializer | undefined;

  constructor({ type, data, id, topics, time, retry }: CopiedFields, serializer?: Serializer) {
    this.type = type;
    this.data = data;
    this.id = id;
    this.topics = topics;
    this.time = time;
    this.#retry = retry;
    this.#serializer = serializer;
  }

  /** Returns the event without its ID, for a snapshot: no event of a snapshot is a position to resume from. */
  withoutId(): EventCopy {
    const { type, data, topics, time } = this;
    return new EventCopy({ type, data, topics, time }, this.#serializer);
  }

  /** The type, under the name that it has in an `SseItem`. */
  get event(): string {
    return this.type;
  }

  get retry(): number | undefined {
    return this.#retry;
  }

  get comment(): undefined {
    return undefined;
  }

  get serialize(): Serializer["serialize"] | undefined {
    return this.#serializer?.serialize;
  }

  /** @internal Marks the event for `isSseItem`. */
  [Symbol.for("sluice.SseItem")](): void {}
}
