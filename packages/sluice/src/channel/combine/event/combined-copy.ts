import { EventCopy } from "../../event/event-copy.ts";
import type { Serializer } from "../../event/serializer.ts";

/** The fields that a combination adds to an event, or changes. */
interface CombinedFields {
  /** The name of the part. */
  readonly channel: string;
  /** The type under which the event is sent. */
  readonly event: string | undefined;
  /** The combined ID. */
  readonly id: string | undefined;
  /** Default: the event's own data. */
  readonly data?: unknown;
}

/** An event that an iteration over a combination yields. A source that yields it sends the combined ID and type. */
export class CombinedCopy extends EventCopy {
  readonly channel: string;
  readonly #event: string | undefined;

  constructor(copy: EventCopy, { channel, event, id, data = copy.data }: CombinedFields) {
    const { type, topics, time, retry, serialize } = copy;
    super({ type, data, id, topics, time, retry }, serialize && ({ serialize } as Serializer));
    this.channel = channel;
    this.#event = event;
  }

  /** The type under which the event is sent. `SseItem` has the same name for it. */
  override get event(): string {
    return this.#event as string;
  }

  override withoutId(): CombinedCopy {
    return new CombinedCopy(this, { channel: this.channel, event: this.#event, id: undefined });
  }
}
