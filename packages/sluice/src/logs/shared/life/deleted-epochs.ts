/** Digits of an epoch that select the slot of a {@link deletedSlot}. */
const SLOT_DIGITS = 2;

/** Epochs of deleted lives, the newest ones. */
export class DeletedEpochs {
  readonly #limit: number;
  readonly #epochs = new Set<string>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  has(epoch: string): boolean {
    return this.#epochs.has(epoch);
  }

  add(epoch: string): void {
    this.#epochs.add(epoch);
    const [oldest] = this.#epochs;
    if (this.#epochs.size > this.#limit) this.#epochs.delete(oldest as string);
  }
}

/**
 * Returns the slot in which a store keeps the epoch of a deleted life: one of 1,296. A later deletion takes the slot.
 * So a store keeps a bounded number of them, and finds one at once.
 */
export function deletedSlot(epoch: string): string {
  return epoch.slice(-SLOT_DIGITS);
}
