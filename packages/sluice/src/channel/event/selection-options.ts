import { checkFunction, invalidOption } from "../../base/checks/check-option.ts";
import { inCurrentContext } from "../../base/context/async-context.ts";
import type { FilterNumbers } from "./filter-numbers.ts";
import type { AnyEvents, ChannelEvent, EventMap } from "./kept-event.ts";
import type { EventFilter, Selection } from "./selection.ts";
import { checkSubscribedTopics } from "./topics.ts";

/** Options that select events of a channel. */
export interface SelectionOptions<
  Events extends EventMap = AnyEvents,
  Type extends keyof Events & string = keyof Events & string,
> {
  /**
   * Topics to receive, in addition to events without topics. `"*"`: every event, with or without topics. `[]`: only
   * events without topics. Default: `[]`, so that a missing option never leaks an event meant for another user.
   */
  readonly topics?: readonly string[] | "*";
  /** Event types to receive. Default: all. */
  readonly types?: readonly Type[];
  /**
   * Returns `true` for each event to receive. Default: every event. Runs once per event for all subscribers that have
   * this function and equal topics and types, so define the function once, not once per request. If it throws, the
   * event is withheld and the error goes to `onError`. The function finds the stores of `AsyncLocalStorage` that the
   * call of `subscribe()` had. If requests share it, it finds those of a request that is still connected.
   */
  readonly filter?: (event: ChannelEvent<Pick<Events, Type>>) => boolean;
}

/** The part of a channel that checks selections. */
export interface SelectableChannel {
  readonly filterNumbers: FilterNumbers;
  /** The checked options of the channel. A hot reload may change them. */
  readonly settings: { readonly maxTopics: number };
}

/** Returns the options as a selection. Throws `INVALID_OPTION` if an option is invalid. */
export function checkSelection(options: SelectionOptions, { filterNumbers, settings }: SelectableChannel): Selection {
  const { types, topics: given = [] } = options;
  const topics = given === "*" ? "*" : checkSubscribedTopics(given, settings.maxTopics);
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
      filter && filterNumbers.of(filter),
    ]),
    topics: topics === "*" ? "*" : new Set(topics),
    types: types && new Set(types),
    filter: filter && inCurrentContext(filter),
  };
}
