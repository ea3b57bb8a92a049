/**
 * Checks that every order came, and came once. It goes by the order numbers, which the server gives out one after the
 * other, so it does not believe the stream's own event IDs.
 */
export class OrderLedger {
  /** Numbers that should have come and did not, as `[first, last]`. */
  readonly missing: [number, number][] = [];
  /** Orders that came more than once. */
  repeated = 0;
  received = 0;
  #last: number | undefined;

  /** Takes in an order; the answer is whether it is a new one. */
  take(orderId: string): boolean {
    const number = Number(orderId);
    if (this.#last !== undefined && number <= this.#last && !this.#fill(number)) {
      this.repeated++;
      return false;
    }
    if (this.#last !== undefined && number > this.#last + 1) this.missing.push([this.#last + 1, number - 1]);
    this.#last = Math.max(this.#last ?? 0, number);
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
