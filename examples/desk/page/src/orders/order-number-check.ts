/**
 * Each server process numbers its orders from a block of this size, without a hole (server/orders/order-numbers.ts).
 */
const BLOCK_SIZE = 1_000;

/**
 * Checks by the order numbers that every order arrived exactly once. Numbers have no holes within a block, so the check
 * does not depend on the event IDs of the stream.
 */
export class OrderNumberCheck {
  /** Ranges of missing numbers, as `[first, last]`. */
  readonly missing: [number, number][] = [];
  /** Orders that arrived again. */
  repeated = 0;
  /** Different orders that arrived. */
  received = 0;
  /** The highest number that arrived, by block. */
  #highest = new Map<number, number>();

  /** Adds an order. Returns true if the order is new, false if it arrived before. */
  add(orderId: string): boolean {
    const number = Number(orderId);
    const block = Math.floor((number - 1) / BLOCK_SIZE);
    const highest = this.#highest.get(block);
    if (highest !== undefined && number <= highest && !this.#removeMissing(number)) {
      this.repeated++;
      return false;
    }
    if (highest !== undefined && number > highest + 1) this.missing.push([highest + 1, number - 1]);
    this.#highest.set(block, Math.max(highest ?? 0, number));
    this.received++;
    return true;
  }

  get missingCount(): number {
    return this.missing.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  /** Removes a late order from the missing ranges. Returns false if it was not missing. */
  #removeMissing(number: number): boolean {
    const index = this.missing.findIndex(([first, last]) => first <= number && number <= last);
    const range = this.missing[index];
    if (range === undefined) return false;
    const [first, last] = range;
    const rest: [number, number][] = [];
    if (first < number) rest.push([first, number - 1]);
    if (number < last) rest.push([number + 1, last]);
    this.missing.splice(index, 1, ...rest);
    return true;
  }
}
