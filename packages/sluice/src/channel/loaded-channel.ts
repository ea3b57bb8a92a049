import type { Log } from "../logs/log.ts";
import type { Outages, StreamHub } from "../stream/stream-hub.ts";
import { IdleChannels } from "./known/idle-channels.ts";
import type { ChannelKeeper, KnownChannel, KnownChannels } from "./known/known-channels.ts";
import { askLog } from "./log-failed.ts";
import { LogOutages } from "./log-outages.ts";
import { OpenChannel, type OpenChannelParts } from "./open-channel.ts";
import { mustBeOpen } from "./publish/publishing.ts";
import { ReadCache } from "./read/lagging/read-cache.ts";

// Everything that channels consist of. Loaded when the first channel is made.

export { schemaMismatch } from "../base/checks/standard-schema.ts";
export { publish, publishAll } from "./publish/publishing.ts";
export { checkHistoryOptions } from "./read/history.ts";

/** Options of {@link openChannel}. */
interface OpeningOptions extends Pick<OpenChannelParts, "hub" | "settings"> {
  readonly log: Log;
  readonly channel: KnownChannel;
  /** True if the channel was closed for good before it had to be opened. */
  readonly closed: boolean;
  /** The channels among which it is known. */
  readonly known: KnownChannels | undefined;
}

/**
 * Opens the log of a channel. Rejects with `LOG_FAILED`, as every later operation of the log does, and with `CLOSED`
 * and `TOO_MANY_CHANNELS`.
 */
export async function openChannel({ channel, known, closed, ...options }: OpeningOptions): Promise<OpenChannel> {
  const { hub, log, settings } = options;
  hub.reads ??= new ReadCache(log.maxReadBytes);
  const { name } = channel;
  mustBeOpen({ name, closed });
  if (known !== undefined) keeperOf(known).enter(channel);
  const onError = (error: unknown) => hub.report(error, { stage: "log", channel: name });
  if (hub.logsFree !== undefined) await hub.logsFree;
  const outages = outagesOf(hub);
  const onRecovered = (outage: string) => outages.recovered(outage);
  const { failures } = outages;
  const open = async () => log.open(name, { retain: settings.retain, onError, onRecovered });
  const opened = await askLog(name, "be opened", open());
  outages.succeeded(name, failures);
  const onAbandoned = (closing: Promise<void>) => {
    // `close()` may have made the channel forget it already.
    if (channel.opened.value === loaded) channel.abandon(closing);
    void closing.then(() => known?.keeper?.forget(channel));
  };
  // The messages between nodes are no events of the application.
  const total = known === undefined ? { published: 0 } : hub.counts;
  const parts = { ...options, name, log: opened, isShared: log.shared, outages, total, onAbandoned };
  const loaded = new OpenChannel(parts);
  return loaded;
}

/** Returns the keeper of the channels. The first call makes it, and so starts its timer. */
export function keeperOf(known: KnownChannels): ChannelKeeper {
  return (known.keeper ??= new IdleChannels(known));
}

function outagesOf(hub: StreamHub): Outages {
  if (hub.outages === undefined) {
    const outages = new LogOutages();
    hub.outages = outages;
    hub.cleanups.set(outages, () => outages.close());
  }
  return hub.outages;
}
