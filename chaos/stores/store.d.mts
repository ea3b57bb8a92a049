import type { TcpProxy } from "../../packages/sluice/test/support/tcp-proxy.mjs";

/** What the nodes of a cluster share. */
export interface Store {
  readonly kind: "lmdb" | "redis" | "nats";
  /** Whether it is a program of its own, which can fail alone. */
  readonly isServer: boolean;
  /** The way of each node to it; none where there is no network between. */
  readonly proxies: readonly TcpProxy[];
  /** The room that it has, in bytes, where it is a folder; `undefined`: as much as it likes. A small one is a full disk. */
  mapSize?: number | undefined;
  /** The log's options for a node. */
  options(node: number): object;
  /** Ends its process, if it is one. */
  kill(): Promise<void>;
  /** Starts its process with all data, with none, or with what there was at the last snapshot. */
  start(data: "kept" | "lost" | "behind"): Promise<void>;
  pause(): void;
  resume(): void;
  snapshot(): Promise<void>;
  stop(): Promise<void>;
}
