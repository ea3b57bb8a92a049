/** Beats that a node sends within its timeout. */
export const BEATS_PER_TIMEOUT = 4;

/**
 * Which other nodes are alive, judged by the order of the log: a node is dead when this process has seen several of its own beats since
 * that one's last, as many as take that one's timeout. So nobody is taken for dead while the log is out of reach, since then this process sees none of its own either.
 */
export class Nodes {
  readonly #others = new Map<string, { missed: number; readonly most: number; readonly wasHeard: boolean }>();
  readonly #every: number;
  readonly #onDeath: (node: string) => void;

  /** `every`: the time between the beats of this process, in ms. */
  constructor(every: number, onDeath: (node: string) => void) {
    this.#every = every;
    this.#onDeath = onDeath;
  }

  /** Others that are alive. */
  get count(): number {
    return [...this.#others.values()].filter(({ wasHeard }) => wasHeard).length;
  }

  /** A node was heard of, which counts as dead when that is not so again within its `timeout`, in ms. */
  heard(node: string, timeout: number): void {
    this.#others.set(node, { missed: 0, most: this.#beatsIn(timeout), wasHeard: true });
  }

  /** Gives a node of which nothing was heard yet the same time as any other to be heard of. */
  expect(node: string, timeout: number): void {
    if (!this.#others.has(node)) this.#others.set(node, { missed: 0, most: this.#beatsIn(timeout), wasHeard: false });
  }

  /** It said that it goes. */
  left(node: string): void {
    if (this.#others.delete(node)) this.#onDeath(node);
  }

  /** A beat of this process has come through the log. */
  ownBeat(): void {
    for (const [node, other] of [...this.#others]) if (++other.missed >= other.most) this.left(node);
  }

  #beatsIn(timeout: number): number {
    return Math.max(BEATS_PER_TIMEOUT, Math.ceil(timeout / this.#every));
  }
}
