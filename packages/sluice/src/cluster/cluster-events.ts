import type { NamedSelector } from "../stream/connection-selector.ts";

/** How many subscribers of a channel name a topic, `"*"` for those of everything. 0: nobody any more. */
export type TopicCount = readonly [topic: string, subscribers: number];

/** What has changed in a channel since a node last said it. */
export interface ChannelReport {
  readonly channel: string;
  readonly subscribers: number;
  readonly topics: readonly TopicCount[];
}

/** What nodes tell each other, on a channel of the log that they share. */
export type ClusterEvents = {
  /** A node is there. Each is sent after the same time. */
  beat: {
    readonly node: string;
    /** Time after which it counts as dead when it is not heard of, in ms. */
    readonly timeout: number;
    /** Whether everybody is asked to say all they know with their next beat: somebody here does not know it. */
    readonly ask?: boolean;
    /** Whether what follows is all there is, and not only what has changed. */
    readonly whole?: boolean;
    readonly channels?: readonly ChannelReport[];
  };
  /** A node is going. */
  bye: { readonly node: string };
  /** Streams are to be ended on every node. */
  disconnect: { readonly node: string; readonly selector: NamedSelector };
};

/** The channel of a shared log that these are published to. Users' channels cannot begin like this. */
export const CLUSTER_CHANNEL = "sluice:cluster";
export const RESERVED_PREFIX = "sluice:";
