import type { NamedSelector } from "../stream/connection-selector.ts";

/** Number of a channel's subscribers that name a topic. The topic `"*"` counts the subscribers of all topics. */
export type TopicCount = readonly [topic: string, subscribers: number];

/** Report of a node on one channel: its subscribers, and the topics whose count changed since the last report. */
export interface ChannelReport {
  readonly channel: string;
  readonly subscribers: number;
  /** A count of 0 removes the topic. */
  readonly topics: readonly TopicCount[];
}

/** Events that nodes send each other, on a channel of the log that they share. */
export type ClusterEvents = {
  /** Shows that a node is alive, and reports its subscribers. A node sends several within its timeout. */
  beat: {
    readonly node: string;
    /** Time without a beat after which this node counts as dead, in ms. */
    readonly timeout: number;
    /** Asks all nodes to report all their channels with their next beat. */
    readonly ask?: boolean;
    /** True if `channels` are all channels of this node, and not only changes. */
    readonly whole?: boolean;
    readonly channels?: readonly ChannelReport[];
  };
  /** A node leaves. */
  bye: { readonly node: string };
  /** Asks all nodes to end streams. */
  disconnect: { readonly node: string; readonly selector: NamedSelector };
};

/** The channel of these events. Its name begins with the prefix that channels of users cannot have. */
export const CLUSTER_CHANNEL = "sluice:cluster";
export const RESERVED_PREFIX = "sluice:";
