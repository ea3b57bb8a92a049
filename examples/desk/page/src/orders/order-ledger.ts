/** Order numbers that the server gives out one after the other; each of its processes has a thousand for itself. */
const BLOCK_SIZE = 1_000;

/**
 * Checks that every order came, and came once. It goes by the order numbers, which have no hole within a thousand, so it
 * does not believe the stream's own event IDs.
 */
export class OrderLedger {
  /** Numbers that should have come and did not, as `[first, last]`. */
  readonly missing: [number, number][] = [];
  /** Orders that came more than once. */
  repeated = 0;
  received = 0;
  /** The last number of each thousand of which one came. */
  #last = new Map<number, number>();

  /** Takes in an order; the answer is whether it is a new one. */
  take(orderId: string): boolean {
    const number = Number(orderId);
    const block = Math.floor((number - 1) / BLOCK_SIZE);
    const last = this.#last.get(block);
    if (last !== undefined && number <= last && !this.#fill(number)) {
      this.repeated++;
      return false;
    }
    if (last !== undefined && number > last + 1) this.missing.push([last + 1, number - 1]);
    this.#last.set(block, Math.max(last ?? 0, number));
    this.received++;
    return true;
  }

  get missingCount(): number {
    return this.missing.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  }

  /** An order that was missed and came after all leaves the list of the missing. */
  #fill(number: number): boolean {
    const at = this.missing.findIndex(([first, last]) => first <= number && number <= last);
    const hole = this.missing[at];
    if (hole === undefined) return false;
    const [first, last] = hole;
    const rest: [number, number][] = [];
    if (first < number) rest.push([first, number - 1]);
    if (number < last) rest.push([number + 1, last]);
    this.missing.splice(at, 1, ...rest);
    return true;
  }
}
