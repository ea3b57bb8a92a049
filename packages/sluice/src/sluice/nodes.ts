import { invalidOption } from "../base/checks/check-option.ts";
import { NOBODY } from "../channel/local-presence.ts";
import type { Presence } from "../cluster/presence.ts";
import type { NamedSelector } from "../stream/connection-selector.ts";
import { disconnectStreams } from "../stream/ending/disconnect.ts";
import type { SluiceParts } from "./sluice-parts.ts";

/**
 * Joins the nodes and begins to read their jobs, if the log is shared and the Sluice is open. Call it at each first
 * use: a process that only imports a module must not connect to anything.
 */
export function join(parts: SluiceParts): void {
  const { hub, settings, cluster, jobs } = parts;
  if (parts.hasJoined || !settings.log.shared || parts.isClosed) return;
  parts.hasJoined = true;
  Promise.resolve(cluster.get()).catch((error) => {
    parts.hasJoined = false;
    hub.report(error, { stage: "cluster" });
  });
  for (const each of jobs.values()) each.load();
}

/** Counts the subscribers of a channel on all nodes that this process knows. */
export function presenceOf({ channels, cluster }: SluiceParts, channel: string): Presence {
  const own = channels.get(channel)?.presence() ?? NOBODY;
  return cluster.value?.presence(channel, own) ?? { ...own, nodes: 1 };
}

/** Ends streams on all nodes, and resolves to the number of streams that ended on this node. */
export async function disconnectEverywhere(parts: SluiceParts, selector: NamedSelector): Promise<number> {
  if (typeof selector === "function") throw invalidOption("selector", "an object, if `cluster` is true", selector);
  const at = performance.now();
  const { hub, settings, cluster } = parts;
  const ended = disconnectStreams(hub, selector);
  if (settings.log.shared) {
    const joined = await (parts.isClosed ? cluster.settled() : cluster.get());
    await joined?.disconnect(selector, at);
  }
  return ended;
}
