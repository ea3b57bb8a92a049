/** Beats that a node sends within its timeout. */
export const BEATS_PER_TIMEOUT = 4;

/**
 * The other nodes and their liveness. Time is measured in beats of this node that came through the log: a node is dead
 * if none of its beats arrived while this node's beats filled its timeout. So no node counts as dead while the log is
 * out of reach, since this node's own beats do not come through either.
 *
 * See docs/decisions/018-judge-nodes-by-the-order-of-the-log.md.
 */
export class Nodes {
  readonly #others = new Map<string, { missed: number; readonly limit: number; readonly isLive: boolean }>();
  readonly #interval: number;
  readonly #onDeath: (node: string) => void;

  /** `interval` is the time between two beats of this node, in ms. */
  constructor(interval: number, onDeath: (node: string) => void) {
    this.#interval = interval;
    this.#onDeath = onDeath;
  }

  /** Number of live nodes, not counting this one. */
  get count(): number {
    return [...this.#others.values()].filter(({ isLive }) => isLive).length;
  }

  /** Records a beat. The node counts as dead if its next beat does not arrive within `timeout` ms. */
  recordBeat(node: string, timeout: number): void {
    this.#others.set(node, { missed: 0, limit: this.#beatsIn(timeout), isLive: true });
  }

  /** Starts to wait for the first beat of a node. The node counts as dead if none arrives within `timeout` ms. */
  expect(node: string, timeout: number): void {
    if (!this.#others.has(node)) this.#others.set(node, { missed: 0, limit: this.#beatsIn(timeout), isLive: false });
  }

  /** Removes a node that left or died. */
  remove(node: string): void {
    if (this.#others.delete(node)) this.#onDeath(node);
  }

  /** Records that a beat of this node came through the log. */
  recordOwnBeat(): void {
    for (const [node, other] of [...this.#others]) if (++other.missed >= other.limit) this.remove(node);
  }

  #beatsIn(timeout: number): number {
    return Math.max(BEATS_PER_TIMEOUT, Math.ceil(timeout / this.#interval));
  }
}
