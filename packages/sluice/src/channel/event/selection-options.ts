import { checkFunction, invalidOption } from "../../base/check-option.ts";
import type { FilterNumbers } from "./filter-numbers.ts";
import type { AnyEvents, ChannelEvent, EventMap } from "./kept-event.ts";
import type { EventFilter, Selection } from "./selection.ts";
import { checkTopics } from "./topics.ts";

/** Which events of a channel are meant. */
export interface SelectionOptions<
  Events extends EventMap = AnyEvents,
  Type extends keyof Events & string = keyof Events & string,
> {
  /**
   * Topics to hear of, besides events for everybody; `"*"`: every event, whatever its topics. Default: none, so that
   * leaving it out never leaks an event that is for somebody else.
   */
  readonly topics?: readonly string[] | "*";
  /** Types to hear of. Default: all. */
  readonly types?: readonly Type[];
  /**
   * Takes an event by returning `true`. It is asked once per event for all subscribers with this very function (and equal
   * topics and types), so define it once, not once per request, where you can. An event on which it throws is withheld, and reported.
   */
  readonly filter?: (event: ChannelEvent<Pick<Events, Type>>) => boolean;
}

/** Throws `INVALID_OPTION` where an option is not what its description says. */
export function checkSelection(options: SelectionOptions, numbers: FilterNumbers): Selection {
  const { types } = options;
  const topics = options.topics === "*" ? "*" : checkTopicsOf(options);
  if (
    types !== undefined &&
    !(Array.isArray(types) && types.every((type) => typeof type === "string" && type !== ""))
  ) {
    throw invalidOption("types", "an array of event types", types);
  }
  checkFunction("filter", options.filter);
  const filter = options.filter as EventFilter | undefined;
  return {
    key: JSON.stringify([
      topics === "*" ? "*" : [...topics].sort(),
      types && [...types].sort(),
      filter && numbers.of(filter),
    ]),
    topics: topics === "*" ? "*" : new Set(topics),
    types: types && new Set(types),
    filter,
  };
}

function checkTopicsOf({ topics }: SelectionOptions): readonly string[] {
  return topics === undefined ? [] : checkTopics(topics as readonly string[], "INVALID_OPTION");
}
