import { formatPosition } from "../../../base/position.ts";
import { NO_POSITION } from "../../event/gap.ts";
import type { IteratedItem, SubscriptionIterator } from "../../follow/subscription-iterator.ts";
import { FOREIGN, positionBefore } from "../combined-id.ts";
import type { OpenPart } from "../open-part.ts";

/** Options of a {@link PartIteration}. */
interface PartIterationOptions {
  readonly lastEventId: string | undefined;
  /** The position of the part in the last event ID, or {@link FOREIGN}. */
  readonly resumed: string | undefined;
  /** Ends the iteration if the subscription has no signal of its own. */
  readonly signal: AbortSignal | undefined;
  /** Called when a result has arrived. */
  readonly onReady: () => void;
}

/** One part of an iteration over a combination. It reads one item ahead. */
export class PartIteration {
  readonly name: string;
  /** The consumer's position in the part; `undefined` if it has none to keep. */
  position: string | undefined;
  readonly #items: SubscriptionIterator;
  readonly #onReady: () => void;
  #isReading = false;
  #result: IteratorResult<IteratedItem, void> | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor({ name, channel, settings }: OpenPart, options: PartIterationOptions) {
    const { lastEventId, resumed, signal, onReady } = options;
    const isForeign = resumed === FOREIGN;
    this.name = name;
    this.#onReady = onReady;
    this.#items = channel.iterate(settings, {
      lastEventId: isForeign ? lastEventId : resumed,
      isForeign,
      signal: settings.signal ?? signal,
      present: (item) => item as never,
    });
    const { start } = this.#items;
    // With `initial`, a consumer that ends before the snapshot is complete gets the snapshot again.
    if (start !== undefined && start.gap === undefined && settings.initial === undefined)
      this.position = formatPosition(start.position);
    else this.position = isForeign ? NO_POSITION : resumed;
  }

  /** Starts to read the next item, unless an item has arrived or is on its way. */
  read(): void {
    if (this.#isReading || this.isReady) return;
    this.#isReading = true;
    const settle = (arrived: () => void) => {
      this.#isReading = false;
      arrived();
      this.#onReady();
    };
    (this.#items.next() as unknown as Promise<IteratorResult<IteratedItem, void>>).then(
      (result) => settle(() => void (this.#result = result)),
      (error) => settle(() => void (this.#failure = { error })),
    );
  }

  /** True if a result has arrived. */
  get isReady(): boolean {
    return (this.#result ?? this.#failure) !== undefined;
  }

  /** Returns the result that has arrived. Throws if reading failed. */
  take(): IteratorResult<IteratedItem, void> {
    if (this.#failure !== undefined) throw this.#failure.error;
    const result = this.#result as IteratorResult<IteratedItem, void>;
    this.#result = undefined;
    if (result.done === true) return result;
    const { position, gap } = result.value;
    // A publisher's own ID would need escapes.
    if (position !== undefined) this.position = formatPosition({ epoch: position.epoch, offset: position.offset });
    else if (gap !== undefined) this.position = positionBefore(gap);
    return result;
  }

  async stop(): Promise<void> {
    await this.#items.return();
  }
}
