import type { NamedSelector } from "../stream/connection-selector.ts";
import type { Moment } from "./node-clocks.ts";

/** Number of a channel's subscribers that name a topic. The topic `"*"` counts the subscribers of all topics. */
export type TopicCount = readonly [topic: string, subscribers: number];

/** Report of a node on one channel: its subscribers, and the topics whose count changed since the last report. */
export interface ChannelReport {
  readonly channel: string;
  readonly subscribers: number;
  /** A count of 0 removes the topic. */
  readonly topics: readonly TopicCount[];
}

/** Events by which nodes show that they are alive, on a channel of the log that they share. */
export type ClusterEvents = {
  /** Shows that a node is alive, and reports its subscribers. A node sends several within its timeout. */
  beat: {
    readonly node: string;
    /** Time without a beat after which this node counts as dead, in ms. */
    readonly timeout: number;
    /** Time of the beat on the monotonic clock of its node, in ms. */
    readonly at: number;
    /** Asks all nodes to report all their channels with their next beat. */
    readonly ask?: boolean;
    /** True if `channels` are all channels of this node, and not only changes. */
    readonly whole?: boolean;
    readonly channels?: readonly ChannelReport[];
  };
  /** A node leaves. */
  bye: { readonly node: string };
};

/** A request of a node to end streams on all other nodes. */
export interface DisconnectCommand {
  readonly node: string;
  readonly selector: NamedSelector;
  /** When the request was made. Streams that were opened later stay. */
  readonly given: Moment;
}

/** Events by which nodes give each other commands, on a channel that nothing else uses: no beat may trim a command. */
export type ClusterCommands = { disconnect: DisconnectCommand };

/** The channels of these events. A channel of a user cannot have a name that begins with `sluice:`. */
export const CLUSTER_CHANNEL = "sluice:cluster";
export const COMMANDS_CHANNEL = "sluice:commands";
