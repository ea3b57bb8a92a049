import type { Subscription } from "../subscription.ts";

/** The names of the types of a combination's events; see {@link CombineOptions}. */
export type CombinedTypes = "prefixed" | "plain" | ((name: string, type: string) => string);

/** Options of `sluice.combine()`. */
export interface CombineOptions {
  /**
   * The types under which subscribers receive events. `"prefixed"`: `name.type`, with the name of the part. `"plain"`:
   * the event's own type, for parts whose types do not collide. A function returns the type for the name of a part and
   * an event's own type; define it once, since subscribers share bytes only if they share it. If it throws, or returns
   * no valid type or the type of gap events, the event has the type `name.type`, and `onError` receives the error. Gap
   * events keep their type.
   * Default: `"prefixed"`.
   */
  readonly types?: CombinedTypes;
}

/** Checked arguments of `sluice.combine()`. */
export interface CombinedSettings {
  readonly parts: readonly (readonly [string, Subscription])[];
  readonly types: CombinedTypes;
}
