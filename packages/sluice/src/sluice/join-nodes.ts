import { type Cluster, joinCluster, type OpenClusterChannel } from "../cluster/cluster.ts";
import { disconnectStreams } from "../stream/ending/disconnect.ts";
import type { SluiceParts } from "./sluice-parts.ts";

/** Makes a Sluice one of the nodes that share its log. Loaded at the first use of a shared log. */
export function joinNodes({ hub, settings, channels }: SluiceParts, open: OpenClusterChannel): Cluster {
  return joinCluster(open, {
    node: hub.name,
    nodeTimeout: settings.nodeTimeout,
    channels,
    changed: (hub.changedChannels = new Set()),
    disconnect: (selector, openedUntil) => void disconnectStreams(hub, selector, openedUntil),
    report: (error) => hub.report(error, { stage: "cluster" }),
  });
}
