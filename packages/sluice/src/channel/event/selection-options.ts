import { checkFunction, invalidOption } from "../../base/check-option.ts";
import type { FilterNumbers } from "./filter-numbers.ts";
import type { AnyEvents, ChannelEvent, EventMap } from "./kept-event.ts";
import type { EventFilter, Selection } from "./selection.ts";
import { checkTopics } from "./topics.ts";

/** Options that select events of a channel. */
export interface SelectionOptions<
  Events extends EventMap = AnyEvents,
  Type extends keyof Events & string = keyof Events & string,
> {
  /**
   * Topics to receive, in addition to events without topics. `"*"`: every event, with or without topics. Default: none,
   * so that a missing option never leaks an event that is meant for another user.
   */
  readonly topics?: readonly string[] | "*";
  /** Event types to receive. Default: all. */
  readonly types?: readonly Type[];
  /**
   * Returns `true` for each event to receive. Default: every event. Runs once per event for all subscribers that have
   * this function and equal topics and types, so define the function once, not once per request. If it throws, the
   * event is withheld and the error goes to `onError`.
   */
  readonly filter?: (event: ChannelEvent<Pick<Events, Type>>) => boolean;
}

/** Returns the options as a selection. Throws `INVALID_OPTION` if an option is invalid. */
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
