import type { ChannelEvent, KeptEvent } from "./kept-event.ts";

/** Decides whether a subscriber gets an event. Called once per event and cohort, not once per subscriber. */
export type EventFilter = (event: ChannelEvent) => boolean;

/** Which events a subscription asks for. Two that are equal share a cohort. */
export interface Selection {
  /** What makes two of them equal. */
  readonly key: string;
  /** Topics; `"*"`: every event, whatever its topics; none: only what is for everybody. */
  readonly topics: ReadonlySet<string> | "*";
  readonly types: ReadonlySet<string> | undefined;
  readonly filter: EventFilter | undefined;
}

/** Whether a selection takes an event. A filter that throws is reported, and withholds the event. */
export function selects(selection: Selection, event: KeptEvent, onError: (error: unknown) => void): boolean {
  const { topics, types, filter } = selection;
  const { entry } = event;
  if (entry.topics !== undefined && topics !== "*" && !entry.topics.some((topic) => topics.has(topic))) return false;
  if (types !== undefined && !types.has(entry.type)) return false;
  if (filter === undefined) return true;
  try {
    return filter(event.value) === true;
  } catch (error) {
    onError(error);
    return false;
  }
}
