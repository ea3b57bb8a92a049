import { checkNames, invalidOption } from "../base/checks/check-option.ts";
import type { ChannelSettings } from "./channel-options.ts";
import type { AnyEvents, EventMap } from "./event/kept-event.ts";
import type { Selection } from "./event/selection.ts";
import { checkSelection, type SelectableChannel, type SelectionOptions } from "./event/selection-options.ts";
import type { Initial } from "./read/snapshot.ts";
import type { From } from "./read/start-point.ts";

/** Options of `channel.subscribe()`. */
export interface SubscribeOptions<
  Events extends EventMap = AnyEvents,
  Type extends keyof Events & string = keyof Events & string,
> extends SelectionOptions<Events, Type> {
  /**
   * Start position of a subscriber without a last event ID: `"now"` (new events only), `"start"` (every kept event) or
   * an event ID. Default: `"now"`.
   */
  readonly from?: From;
  /**
   * First events of a subscriber without a last event ID, and after a gap. `"latest"`: the newest event of each key
   * (see the channel option `latestBy`). A function: the items that it produces, for example rows of a database. These
   * events have no ID. Default: none.
   */
  readonly initial?: Initial;
  /**
   * Ends an iteration over the subscription when it aborts, also while `next()` is pending. Default: an iteration
   * inside the source of a stream ends with that stream, and any other iteration ends with `return()`. A stream on the
   * subscription has its own option `signal`.
   */
  readonly signal?: AbortSignal;
}

/** Checked {@link SubscribeOptions}. */
export interface SubscriptionSettings {
  readonly selection: Selection;
  readonly from: From;
  readonly initial: Initial | undefined;
  readonly signal: AbortSignal | undefined;
}

/** The part of a channel that decides which options are valid. */
export interface SubscribableChannel extends SelectableChannel {
  readonly settings: Pick<ChannelSettings, "maxTopics" | "latestBy" | "gapEvent">;
}

const NAMES = ["topics", "types", "filter", "from", "initial", "signal"];

/** Returns the options with their defaults. Throws `INVALID_OPTION` if an option is invalid. */
export function checkSubscribeOptions(channel: SubscribableChannel, options: SubscribeOptions): SubscriptionSettings {
  checkNames("subscribe", options, NAMES);
  const { from = "now", initial, signal } = options;
  if (typeof from !== "string" || from === "") throw invalidOption("from", '"now", "start" or an event ID', from);
  if (initial !== undefined && initial !== "latest" && typeof initial !== "function")
    throw invalidOption("initial", '"latest" or a function', initial);
  if (initial === "latest" && channel.settings.latestBy === undefined)
    throw invalidOption("initial", 'a function, since "latest" needs the channel option `latestBy`', initial);
  if (initial !== undefined && from !== "now")
    throw invalidOption("from", '"now" or absent if `initial` is given', from);
  if (signal !== undefined && typeof signal?.addEventListener !== "function")
    throw invalidOption("signal", "an AbortSignal", signal);
  return { selection: checkSelection(options, channel), from, initial, signal };
}
