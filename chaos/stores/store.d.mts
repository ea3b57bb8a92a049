import type { TcpProxy } from "../../packages/sluice/test/support/stores/tcp-proxy.mjs";

/** The store that the nodes of a cluster share. */
export interface Store {
  readonly kind: "lmdb" | "redis" | "nats";
  /** True if the store is a process of its own, which can fail alone. */
  readonly isServer: boolean;
  /** The proxy between each node and the store, in the order of the nodes. Empty if the store is a folder. */
  readonly proxies: readonly TcpProxy[];
  /** The largest size of a folder, in bytes; `undefined`: no limit. A small one acts as a full disk. */
  mapSize?: number | undefined;
  /** Returns the options of a node's log. */
  options(node: number): object;
  /** Ends the store's process, if it has one. */
  kill(): Promise<void>;
  /** Starts the store's process with all data (`kept`), without data (`lost`), or with the last snapshot (`behind`). */
  start(data: "kept" | "lost" | "behind"): Promise<void>;
  pause(): void;
  resume(): void;
  /** Copies the data as it is now. */
  snapshot(): Promise<void>;
  /** Replaces the data with an older copy while the store runs. Absent if an operator cannot do this. */
  readonly older?: undefined | { copy(): Promise<unknown>; restore(): Promise<unknown> };
  /** Removes the data while nodes use it. Absent if the store is a server. */
  readonly remove?: undefined | (() => Promise<unknown>);
  /** Ends the store and removes its data. */
  stop(): Promise<void>;
}
