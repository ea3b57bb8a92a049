import type { EventCopy } from "../../event/event-copy.ts";
import type { IteratedItem } from "../../follow/subscription-iterator.ts";
import { FOREIGN, formatPart, resumedPositions } from "../combined-id.ts";
import { CombinedCopy } from "../event/combined-copy.ts";
import type { CombinedEvent } from "../event/combined-event.ts";
import type { EventTypes } from "../event/event-types.ts";
import type { OpenPart } from "../open-part.ts";
import { PartIteration } from "./part-iteration.ts";

/** Options of a {@link CombinedIterator}. */
export interface CombinedIterationOptions {
  readonly lastEventId: string | undefined;
  /** Ends the iteration of each part without a signal of its own. */
  readonly signal: AbortSignal | undefined;
  readonly types: EventTypes;
}

/**
 * An iteration over a combination, without HTTP, at the caller's pace. The parts take turns, so that no part keeps the
 * others waiting. It ends when one of its parts ends.
 */
export class CombinedIterator implements AsyncGenerator<CombinedEvent, void, undefined> {
  readonly #parts: readonly PartIteration[];
  readonly #types: EventTypes;
  /** Index of the part that `next()` tries first. */
  #first = 0;
  #stopped = false;
  #wake: (() => void) | undefined;
  /** Settles when every earlier call of `next()` has its result. */
  #earlier: Promise<unknown> = Promise.resolve();

  constructor(parts: readonly OpenPart[], { lastEventId, signal, types }: CombinedIterationOptions) {
    const positions = resumedPositions(lastEventId);
    this.#types = types;
    this.#parts = parts.map((part) => {
      const resumed = positions === FOREIGN ? FOREIGN : positions.get(part.name);
      return new PartIteration(part, { lastEventId, resumed, signal, onReady: () => this.#wake?.() });
    });
  }

  next(): Promise<IteratorResult<CombinedEvent, void>> {
    const next = this.#earlier.then(() => this.#next());
    this.#earlier = next.catch(() => undefined);
    return next;
  }

  async return(): Promise<IteratorResult<CombinedEvent, void>> {
    this.#stopped = true;
    this.#wake?.();
    await Promise.all(this.#parts.map((part) => part.stop()));
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<CombinedEvent, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #next(): Promise<IteratorResult<CombinedEvent, void>> {
    while (!this.#stopped) {
      for (const part of this.#parts) part.read();
      const part = this.#nextReady();
      if (part === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      try {
        const { done, value } = part.take();
        if (done === true) return this.return();
        const { event } = value;
        if (event !== undefined) return { done: false, value: this.#combined(part.name, event, value) };
      } catch (error) {
        await this.return();
        throw error;
      }
    }
    return { done: true, value: undefined };
  }

  #nextReady(): PartIteration | undefined {
    const { length } = this.#parts;
    for (let i = 0; i < length; i++) {
      const index = (this.#first + i) % length;
      const part = this.#parts[index]!;
      if (!part.isReady) continue;
      this.#first = index + 1;
      return part;
    }
    return undefined;
  }

  #combined(channel: string, event: EventCopy, { position, gap }: IteratedItem): CombinedEvent {
    // A client cannot resume from an event of a snapshot.
    const id = position !== undefined || gap !== undefined ? this.#id() : undefined;
    if (gap !== undefined)
      return new CombinedCopy(event, { channel, event: event.type, id, data: { ...gap, channel } });
    return new CombinedCopy(event, { channel, event: this.#types.typeOf(channel, event.type), id });
  }

  #id(): string {
    const parts = this.#parts.map(({ name, position }) => position && formatPart(name, position));
    return parts.filter((part) => part !== undefined).join("~");
  }
}
