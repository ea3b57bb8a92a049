import type { Log } from "../logs/log.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import type { ChannelDefaults, ChannelOptions } from "./channel-options.ts";
import type { EventMap } from "./event/kept-event.ts";
import type { KnownChannels } from "./known/known-channels.ts";

/** Arguments of a channel's constructor. */
export interface ChannelSetup<Events extends EventMap> {
  readonly hub: StreamHub;
  /** The settings of the Sluice. */
  readonly settings: ChannelDefaults & { readonly log: Log };
  readonly name: string;
  readonly options: ChannelOptions<Events>;
  /** Called each time the channel opens its log: at its first use, and again if that failed or the channel closed. */
  readonly onOpen?: (() => void) | undefined;
  /** The channels among which it is known. Default: none. */
  readonly known?: KnownChannels | undefined;
}
