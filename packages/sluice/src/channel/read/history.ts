import { checkNames, checkNumber, invalidOption } from "../../base/check-option.ts";
import type { FilterNumbers } from "../event/filter-numbers.ts";
import type { Gap } from "../event/gap.ts";
import type { AnyEvents, ChannelEvent, EventMap } from "../event/kept-event.ts";
import type { Selection } from "../event/selection.ts";
import { checkSelection, type SelectionOptions } from "../event/selection-options.ts";

/** Which events of the past. */
export interface HistoryOptions<
  Events extends EventMap = AnyEvents,
  Type extends keyof Events & string = keyof Events & string,
> extends SelectionOptions<Events, Type> {
  /** The event ID after which to begin. Default: the newest `limit` events, for which all that is kept is looked through. */
  readonly after?: string;
  /** Events at most. Default: 100. At most 10 000. */
  readonly limit?: number;
}

/** Events of the past, and where a subscriber goes on from them. */
export interface History<Events extends EventMap = AnyEvents> {
  /** Oldest first. */
  readonly events: readonly ChannelEvent<Events>[];
  /** The position after the last of them: the next `after`, or the `lastEventId` of a stream that goes on from here. */
  readonly position: string;
  /** What could not be given after `after`, if anything. */
  readonly gap: Gap | undefined;
}

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

/** The same, checked. */
export interface HistoryQuery {
  readonly selection: Selection;
  readonly after: string | undefined;
  readonly limit: number;
}

export function checkHistoryOptions(options: HistoryOptions, numbers: FilterNumbers): HistoryQuery {
  checkNames("history", options, ["after", "limit", "topics", "types", "filter"]);
  const { after } = options;
  if (after !== undefined && typeof after !== "string") throw invalidOption("after", "an event ID", after);
  const limit = checkNumber("limit", options.limit, DEFAULT_LIMIT, { min: 1, max: MAX_LIMIT, whole: true });
  return { selection: checkSelection(options, numbers), after, limit };
}
