/** Beats of this process, seen through the log, after which another node of which nothing was seen meanwhile counts as dead. */
export const BEATS_TO_DEATH = 4;

/**
 * Which other nodes are alive, judged by the order of the log: a node is dead when this process has seen several of its own beats since
 * that one's last. So nobody is taken for dead while the log is out of reach, since then this process sees none of its own either.
 */
export class Nodes {
  readonly #others = new Map<string, { missed: number; readonly wasHeard: boolean }>();
  readonly #onDeath: (node: string) => void;

  constructor(onDeath: (node: string) => void) {
    this.#onDeath = onDeath;
  }

  /** Others that are alive. */
  get count(): number {
    return [...this.#others.values()].filter(({ wasHeard }) => wasHeard).length;
  }

  heard(node: string): void {
    this.#others.set(node, { missed: 0, wasHeard: true });
  }

  /** Gives a node of which nothing was heard yet the same time as any other to be heard of. */
  expect(node: string): void {
    if (!this.#others.has(node)) this.#others.set(node, { missed: 0, wasHeard: false });
  }

  /** It said that it goes. */
  left(node: string): void {
    if (this.#others.delete(node)) this.#onDeath(node);
  }

  /** A beat of this process has come through the log. */
  ownBeat(): void {
    for (const [node, other] of [...this.#others]) if (++other.missed >= BEATS_TO_DEATH) this.left(node);
  }
}
