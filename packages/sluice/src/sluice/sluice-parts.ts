import type { OnDemand } from "../base/loading/on-demand.ts";
import type { Channel } from "../channel/channel.ts";
import type { Combining } from "../channel/combine/combining.ts";
import type { ChannelKeeper } from "../channel/known/known-channels.ts";
import type { Cluster } from "../cluster/cluster.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import type { SluiceSettings } from "./sluice-options.ts";

/** The parts of a Sluice, which its own modules and a hot reload share. */
export interface SluiceParts {
  readonly hub: StreamHub;
  readonly settings: SluiceSettings;
  readonly channels: Map<string, Channel>;
  /** See `KnownChannels`. */
  keeper?: ChannelKeeper;
  readonly jobs: Map<string, Jobs>;
  /** The nodes that share the log. */
  readonly cluster: OnDemand<Cluster>;
  /** The code of combinations. */
  readonly combining: OnDemand<Combining>;
  /** True once this process has begun to join the nodes. */
  hasJoined: boolean;
  /** True once `close()` was called. */
  isClosed: boolean;
}
