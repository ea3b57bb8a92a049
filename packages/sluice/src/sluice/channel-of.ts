import { invalidOption } from "../base/checks/check-option.ts";
import { Channel } from "../channel/channel.ts";
import type { ChannelDefinition } from "../channel/channel-definition.ts";
import { type ChannelOptions, checkChannelOptions } from "../channel/channel-options.ts";
import { tooManyChannels } from "../channel/known/known-channels.ts";
import { knownOrMade } from "./known-or-made.ts";
import { join } from "./nodes.ts";
import type { SluiceParts } from "./sluice-parts.ts";

/** Begins the names of the channels by which nodes talk to each other. */
const RESERVED_PREFIX = "sluice:";

/** Returns the channel of a name or a definition, and makes it at the first call: see `Sluice.channel`. */
export function channelOf(
  parts: SluiceParts,
  given: string | ChannelDefinition,
  givenOptions?: ChannelOptions,
): Channel {
  const { hub, settings, channels } = parts;
  // A name has neither.
  const { name = given as string, options = givenOptions }: Partial<ChannelDefinition> = Object(given);
  const make = (): Channel => {
    if (name.startsWith(RESERVED_PREFIX))
      throw invalidOption("channel name", `a name without the prefix "${RESERVED_PREFIX}"`, name);
    if (channels.size >= settings.maxChannels) {
      // If no channel was ever used, nothing looks for idle ones yet.
      void channels.values().next().value?.keeper();
      throw tooManyChannels(name);
    }
    return new Channel({ hub, settings, name, options: options ?? {}, onOpen: () => join(parts), known: parts });
  };
  parts.keeper?.recall(name);
  const checked = options && checkChannelOptions(options, settings);
  return knownOrMade(hub, { known: channels, kind: "channel", name, settings: checked, make });
}
