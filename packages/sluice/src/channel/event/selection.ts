import { invalidOption } from "../../base/checks/check-option.ts";
import { guardResult, ignore } from "../../base/errors/guard.ts";
import type { ChannelEvent, KeptEvent } from "./kept-event.ts";

/** Returns `true` if the subscriber gets the event. Runs once per event and cohort, not once per subscriber. */
export type EventFilter = (event: ChannelEvent) => boolean;

/** The events that a subscription asks for. Subscriptions with equal selections share a cohort. */
export interface Selection {
  /** Equal selections have equal keys. */
  readonly key: string;
  /** Topics. `"*"`: every event, with or without topics. Empty: only events without topics. */
  readonly topics: ReadonlySet<string> | "*";
  /** Event types. `undefined`: all types. */
  readonly types: ReadonlySet<string> | undefined;
  readonly filter: EventFilter | undefined;
}

/** Selects every event. */
export const EVERYTHING: Selection = { key: '["*",null,null]', topics: "*", types: undefined, filter: undefined };

/**
 * Returns true if the selection takes the event. No selection takes an event that cannot be sent. If the filter throws,
 * or returns a promise, passes the error to `onError` and withholds the event.
 */
export function selects(
  selection: Selection,
  event: KeptEvent,
  onError: (error: unknown, event: KeptEvent) => void,
): boolean {
  const { topics, types, filter } = selection;
  const { entry } = event;
  if (!event.isSound) return false;
  if (entry.topics !== undefined && topics !== "*" && !entry.topics.some((topic) => topics.has(topic))) return false;
  if (types !== undefined && !types.has(entry.type)) return false;
  if (filter === undefined) return true;
  try {
    const wanted: unknown = filter(event.value);
    if (wanted === true) return true;
    if (guardResult(wanted, ignore)) throw invalidOption("filter()", "true or false", wanted);
  } catch (error) {
    onError(error, event);
  }
  return false;
}
