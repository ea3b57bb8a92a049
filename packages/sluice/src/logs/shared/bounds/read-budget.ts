import { HeldBytes } from "./held-bytes.ts";

/** A read that waits until enough bytes are free. */
interface Waiting {
  readonly bytes: number;
  start(): void;
  reject(error: unknown): void;
}

/**
 * Limits the bytes that the reads of one log bring from its store at a time, over all channels. Reads start in order,
 * so a large one is not overtaken for ever. A read of more than the limit waits until it is the only one.
 */
export class ReadBudget {
  /** In bytes. */
  readonly limit: number;
  /** Limits what the channels hold back of what they have read. */
  readonly held: HeldBytes = new HeldBytes();
  readonly #waiting: Waiting[] = [];
  #free: number;

  /** `limit`, in bytes. */
  constructor(limit: number) {
    this.limit = limit;
    this.#free = limit;
  }

  /** True if reads wait. */
  get isExhausted(): boolean {
    return this.#waiting.length > 0;
  }

  /** Returns `most`, or the limit if that is smaller. */
  part(most: number): number {
    return Math.min(most, this.limit);
  }

  /** Runs `read` as soon as `bytes` bytes are free, and keeps them until it settles. */
  async use<T>(bytes: number, read: () => Promise<T>): Promise<T> {
    const taken = Math.min(bytes, this.limit);
    if (this.#waiting.length > 0 || taken > this.#free) await this.#wait(taken);
    else this.#free -= taken;
    try {
      return await read();
    } finally {
      this.#free += taken;
      this.#startNext();
    }
  }

  /** Rejects the reads that wait: the store is out of reach, and each of them would wait for its own timeout. */
  fail(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  /** Resolves once `bytes` bytes were free and are taken. */
  #wait(bytes: number): Promise<void> {
    return new Promise((start, reject) => this.#waiting.push({ bytes, start, reject }));
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next !== undefined && next.bytes <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.start();
    }
  }
}
