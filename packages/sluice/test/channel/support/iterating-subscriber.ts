import type { Combination } from "../../../src/channel/combine/combination.ts";
import type { Subscription } from "../../../src/channel/subscription.ts";
import type { SeenEvent } from "./fake-subscriber.ts";

/** Number of bytes in `take(bytes)` that stand for one item. */
const ITEM_BYTES = 50;
/** Maximum number of pending calls of `next()`. */
const MAX_ASKED = 20;

/** A subscriber of a channel, or of several, without HTTP. It calls `next()` for the items that `take()` requests. */
export class IteratingSubscriber {
  readonly seen: SeenEvent[] = [];
  /** Number of items received, where a stream counts bytes. */
  written = 0;
  readonly mostPending = 0;
  gone = false;
  ended = false;
  lastEventId: string;
  readonly #items: ReturnType<Subscription["after"]> | ReturnType<Combination["after"]>;
  #asked = 0;

  constructor(subscription: Subscription | Combination, lastEventId?: string) {
    this.lastEventId = lastEventId ?? "";
    this.#items = subscription.after(lastEventId);
  }

  get isOver(): boolean {
    return this.gone || this.ended;
  }

  take(bytes = ITEM_BYTES): void {
    for (let left = bytes; left > 0 && this.#asked < MAX_ASKED; left -= ITEM_BYTES) void this.#next();
  }

  disconnect(): void {
    if (this.gone) return;
    this.gone = true;
    void this.#items.return();
  }

  async #next(): Promise<void> {
    this.#asked++;
    const { value, done } = await this.#items.next();
    this.#asked--;
    if (done) this.ended = true;
    if (done || this.gone) return;
    const { type, data, id = "" } = value;
    this.written++;
    this.lastEventId = id;
    // The type of an event of several channels, as a stream has it.
    const seenType = "channel" in value && type !== "gap" ? `${value.channel}.${type}` : type;
    this.seen.push({ type: seenType, data: JSON.stringify(data), lastEventId: id });
  }
}
