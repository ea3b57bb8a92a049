import type { ChannelOptions } from "./channel-options.ts";
import type { JsonEvents } from "./event/jsonify.ts";
import type { AnyEvents, EventMap } from "./event/kept-event.ts";
import type { Serializer } from "./event/serializer.ts";

/** A channel's name, options and types, to be shared by modules. Made by {@link defineChannel}. */
export interface ChannelDefinition<
  Events extends EventMap = AnyEvents,
  Received extends EventMap = JsonEvents<Events>,
> {
  readonly name: string;
  readonly options?: ChannelOptions<Events, Received> | undefined;
  /** Carries the types; absent at run time. */
  readonly "~types"?: { readonly events: Events; readonly received: Received };
}

/**
 * Defines a channel by name, options and types, without a Sluice. `sluice.channel(definition)` then returns the channel
 * with its types, in every module that imports the definition. Checks nothing: `sluice.channel()` does.
 *
 * ```ts
 * export const orders = defineChannel<OrderEvents>("orders", { retain: { events: 1_000 } });
 * // in another module
 * await sluice.channel(orders).publish("placed", order);
 * ```
 */
export function defineChannel<Events extends EventMap = AnyEvents>(
  name: string,
  options: ChannelOptions<Events, Events> & Serializer,
): ChannelDefinition<Events, Events>;
export function defineChannel<Events extends EventMap = AnyEvents>(
  name: string,
  options?: ChannelOptions<Events>,
): ChannelDefinition<Events>;
export function defineChannel(name: string, options?: ChannelOptions): ChannelDefinition {
  return { name, options };
}
