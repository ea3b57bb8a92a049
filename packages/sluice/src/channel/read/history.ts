import { checkNames, checkNumber, invalidOption } from "../../base/checks/check-option.ts";
import type { Gap } from "../event/gap.ts";
import type { AnyEvents, ChannelEvent, EventMap } from "../event/kept-event.ts";
import type { Selection } from "../event/selection.ts";
import { checkSelection, type SelectableChannel, type SelectionOptions } from "../event/selection-options.ts";

/** Options of `channel.history()`. */
export interface HistoryOptions<
  Events extends EventMap = AnyEvents,
  Type extends keyof Events & string = keyof Events & string,
> extends SelectionOptions<Events, Type> {
  /** Event ID after which the history begins. Default: the newest `limit` events, found by reading all kept events. */
  readonly after?: string;
  /** Maximum number of events returned. Default: 100. At most 10,000. */
  readonly limit?: number;
}

/** Kept events of a channel, and the position after them. */
export interface History<Events extends EventMap = AnyEvents> {
  /** Oldest first. */
  readonly events: readonly ChannelEvent<Events>[];
  /** Position after the last event: the next `after`, or the `lastEventId` of a stream that continues from here. */
  readonly position: string;
  /** The gap after the ID `after`; `undefined` if no event is missing. */
  readonly gap: Gap | undefined;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

/** Checked {@link HistoryOptions}. */
export interface HistoryQuery {
  readonly selection: Selection;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Returns the options as a query. Throws `INVALID_OPTION` if an option is invalid. */
export function checkHistoryOptions(options: HistoryOptions, channel: SelectableChannel): HistoryQuery {
  checkNames("history", options, ["after", "limit", "topics", "types", "filter"]);
  const { after } = options;
  if (after !== undefined && typeof after !== "string") throw invalidOption("after", "an event ID", after);
  const limit = checkNumber("limit", options.limit, DEFAULT_LIMIT, { min: 1, max: MAX_LIMIT, whole: true });
  return { selection: checkSelection(options, channel), after, limit };
}
