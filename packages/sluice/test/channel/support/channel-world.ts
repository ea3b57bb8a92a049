import { Channel } from "../../../src/channel/channel.ts";
import type { ChannelOptions } from "../../../src/channel/channel-options.ts";
import type { ChannelLog, Log } from "../../../src/logs/log.ts";
import { memoryLog } from "../../../src/logs/memory/memory-log.ts";
import { checkSluiceOptions, type SluiceOptions } from "../../../src/sluice/sluice-options.ts";
import type { ErrorContext } from "../../../src/stream/report.ts";
import type { Source } from "../../../src/stream/source/source.ts";
import { StreamHub } from "../../../src/stream/stream-hub.ts";
import { FakeSubscriber } from "./fake-subscriber.ts";

/** A channel on a log that the test can reach, and the errors that it reports. */
export interface ChannelWorld {
  readonly hub: StreamHub;
  readonly channel: Channel<Record<string, unknown>>;
  readonly errors: { readonly error: unknown; readonly context: ErrorContext }[];
  log(): ChannelLog;
  connect(source: Source, lastEventId?: string): FakeSubscriber;
}

/** Makes a channel whose log is still being opened. */
export function channelWorld(
  options: ChannelOptions<Record<string, unknown>> = {},
  sluiceOptions: SluiceOptions = {},
  log: Log = memoryLog(),
): ChannelWorld {
  const errors: ChannelWorld["errors"][number][] = [];
  const settings = checkSluiceOptions(sluiceOptions);
  const hub = new StreamHub(settings, (error, context) => errors.push({ error, context }));
  let opened!: ChannelLog;
  const spied: Log = {
    shared: log.shared,
    open: async (name, openOptions) => (opened = await log.open(name, openOptions)),
    close: () => log.close(),
  };
  const setup = { hub, settings: { ...settings, log: spied }, name: "orders", options };
  const channel = new Channel<Record<string, unknown>>(setup);
  return {
    hub,
    channel,
    errors,
    log: () => opened,
    connect: (source, lastEventId) => new FakeSubscriber(hub, source, lastEventId),
  };
}

/** Makes a channel, and resolves once its log is open. */
export async function openWorld(...given: Parameters<typeof channelWorld>): Promise<ChannelWorld> {
  const world = channelWorld(...given);
  await world.channel.position();
  return world;
}

/** Reads every byte that has arrived, and returns the data of all events seen so far. */
export function read(subscriber: FakeSubscriber): unknown[] {
  subscriber.take();
  return subscriber.seen.map(({ data }) => JSON.parse(data));
}
