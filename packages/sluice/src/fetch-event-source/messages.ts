import type { Receiver } from "../client/stream/deliver/delivery.ts";
import type { FetchEventSourceOptions } from "./fetch-event-source-options.ts";
import { type Block, MessageParser } from "./message-parser.ts";

/** The messages of all attempts, on their way to `onmessage`. Passes each on once, one at a time. */
export class Messages implements Receiver {
  /** The last event ID of the newest message that was passed on; `undefined`: no block had one. */
  position: string | undefined;
  /** The loop of the attempts neither sees the events nor sends the position. */
  readonly given = "";
  readonly isComplete = false;
  isOpened = false;
  readonly #onmessage: FetchEventSourceOptions["onmessage"];
  #blocks: Block[] = [];
  #next = 0;
  #attempt: AbortSignal | undefined;
  #busy: Promise<void> | undefined;

  constructor(onmessage: FetchEventSourceOptions["onmessage"]) {
    this.#onmessage = onmessage;
  }

  /** Drops the messages of the last attempt that were not passed on. Returns a parser for a new one. */
  begin(attempt: AbortSignal): MessageParser {
    this.#attempt = attempt;
    this.#drop();
    return new MessageParser(this.position, (block) => this.#blocks.push(block));
  }

  /** Passes on what has arrived. Resolves when `onmessage` is done with all of it. Rejects with its error. */
  async settled(): Promise<void> {
    for (let busy = this.#passOn(); busy; busy = this.#passOn()) await busy;
  }

  /** Passes on messages until `onmessage` is busy, and then returns its promise. Throws its error. */
  #passOn(): Promise<void> | undefined {
    while (this.#next < this.#blocks.length && !this.#busy && !this.#attempt?.aborted) {
      const { message, lastEventId } = this.#blocks[this.#next++]!;
      this.position = lastEventId;
      if (message) this.#watch(this.#onmessage?.(message));
    }
    if (this.#next === this.#blocks.length) this.#drop();
    return this.#busy;
  }

  #watch(result: unknown): void {
    if (typeof (result as PromiseLike<void> | undefined)?.then !== "function") return;
    this.#busy = Promise.resolve(result as PromiseLike<void>).finally(() => {
      this.#busy = undefined;
    });
    // Its error ends the attempt, unless none waits for it any more.
    this.#busy.catch(() => {});
  }

  #drop(): void {
    this.#blocks = [];
    this.#next = 0;
  }

  // The attempts receive no events: the messages go another way.
  take(): void {}
  pass(): void {}
  drop(): void {}
}
