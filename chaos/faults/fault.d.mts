import type { FurtherChannel } from "../channels/further-channels.mjs";
import type { Publisher } from "../clients/publisher.mjs";
import type { Subscriber } from "../clients/subscriber.mjs";
import type { NodeHandle } from "../cluster/node-handle.mjs";
import type { History } from "../history.mjs";
import type { Random } from "../random.mjs";
import type { Store } from "../stores/store.d.mts";

/** The parts of a running round. A fault breaks some of them. */
export interface RoundParts {
  readonly history: History;
  readonly nodes: readonly NodeHandle[];
  /** All but those that come and go by themselves. */
  readonly subscribers: readonly Subscriber[];
  /** The users of the subscribers. */
  readonly users: readonly string[];
  /** Those of the main channel. */
  readonly publishers: readonly Publisher[];
  /** The other channels that the checker judges. */
  readonly further: readonly FurtherChannel[];
  readonly store: Store;
}

/** The part of a round that a fault breaks. All nodes are one target; `node` is another name for it. */
export type Target = "node" | "nodes" | "store" | "wire" | "subscribers" | "nothing";

/** A fault: it breaks something for a while, and repairs it before `run` resolves. */
export interface Fault {
  readonly name: string;
  /** Its shortest and longest duration, in ms. */
  readonly lasts: readonly [least: number, most: number];
  /**
   * The targets. No two faults break the same target at the same time. If a target is broken, a fault with one target
   * is skipped; one with several waits, and no other fault breaks them meanwhile.
   */
  readonly breaks: Target | readonly Target[];
  run(parts: RoundParts, ms: number, random: Random): Promise<void>;
}
