import type { Publisher } from "../clients/publisher.mjs";
import type { Subscriber } from "../clients/subscriber.mjs";
import type { NodeHandle } from "../cluster/node-handle.mjs";
import type { History } from "../history.mjs";
import type { Random } from "../random.mjs";
import type { Store } from "../stores/store.d.mts";

/** Everything that can be broken. */
export interface World {
  readonly history: History;
  readonly nodes: readonly NodeHandle[];
  readonly subscribers: readonly Subscriber[];
  /** Whom the subscribers belong to. */
  readonly users: readonly string[];
  readonly publishers: readonly Publisher[];
  readonly store: Store;
}

/** Something that goes wrong for a while. It puts right what it broke, and resolves then. */
export interface Fault {
  readonly name: string;
  /** How long it lasts, in ms. */
  readonly lasts: readonly [least: number, most: number];
  /** What it breaks, of which nobody else may break anything meanwhile. */
  readonly breaks: "node" | "nodes" | "store" | "wire" | "subscribers" | "nothing";
  run(world: World, ms: number, random: Random): Promise<void>;
}
