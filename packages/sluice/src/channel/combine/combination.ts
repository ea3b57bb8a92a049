import { checkNames, checkOneOf, invalidOption } from "../../base/checks/check-option.ts";
import { hasMethod } from "../../base/has-method.ts";
import type { OnDemand } from "../../base/loading/on-demand.ts";
import { onceLoaded } from "../../base/loading/once-loaded.ts";
import type { FeedSource } from "../../stream/feed.ts";
import { currentStreamSignal } from "../../stream/source/current-stream.ts";
import { iteratorOf } from "../follow/deferred-iterator.ts";
import type { Subscription } from "../subscription.ts";
import type { CombinedTypes, CombineOptions } from "./combine-options.ts";
import type { Combining } from "./combining.ts";
import type { CombinedEvent, CombinedEventMap, CombinedParts } from "./event/combined-event.ts";
import { PART_NAME } from "./part-name.ts";

/**
 * One event stream over several channels. Like a subscription, it is a description, and the source of any number of
 * streams. A stream has the log's order within a channel, and no order between channels. `Event` is the union of the
 * events that an iteration yields, and `Types` is the option `types`.
 */
export interface Combination<Event = CombinedEvent, Types extends CombinedTypes = CombinedTypes>
  extends FeedSource,
    AsyncIterable<Event> {
  /** Carries the types, for `EventsOf`; absent at run time. */
  readonly "~types"?: { readonly received: CombinedEventMap<Event, Types> };
  /** Names of the channels. */
  readonly channels: readonly string[];
  [Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined>;
  /**
   * Iterates like a subscriber with this last event ID. The parts take turns. The iteration ends when one of its parts
   * ends, by the option `signal` of its subscription, or because its channel is closed.
   */
  after(lastEventId: string | undefined): AsyncGenerator<Event, void, undefined>;
  /**
   * Resolves to the position of the newest events, for `?lastEventId=` or the option `lastEventId`: a subscriber with
   * it receives every event published from now on. Rejects with `LOG_FAILED` and `CLOSED`.
   */
  position(): Promise<string>;
}

const MAX_PARTS = 64;

/** Combines subscriptions. `code`: see `Combining`. Throws `INVALID_OPTION`. */
export function combine<Event, Types extends CombinedTypes>(
  subscriptions: CombinedParts,
  options: CombineOptions,
  code: OnDemand<Combining>,
): Combination<Event, Types> {
  checkNames("combine", options, ["types"]);
  const { types = "prefixed" } = options;
  // The error names a function as the third value.
  if (typeof types !== "function") checkOneOf("types", types, ["prefixed", "plain", combine]);
  const parts = Object.entries(Object(subscriptions) as Record<string, Subscription>);
  if (!parts.length || parts.length > MAX_PARTS)
    throw invalidOption("parts", `1 to ${MAX_PARTS} subscriptions`, parts.length);
  for (const [name, part] of parts) {
    if (!PART_NAME.test(name)) throw invalidOption("part name", "1 to 64 of A-Z, a-z, 0-9, _ and -", name);
    if (!hasMethod(part?.part?.channel, "open"))
      throw invalidOption(`parts.${name}`, "a subscription, from channel.subscribe()", part);
  }
  const settings = { parts, types };
  const use = <T>(work: (combining: Combining) => T) => onceLoaded(code.get(), work);
  const after = (lastEventId?: string) => {
    const where = { lastEventId, signal: currentStreamSignal() };
    return iteratorOf(use((combining) => combining.iterate<Event>(settings, where)));
  };
  return {
    channels: parts.map(([, { channel }]) => channel),
    openFeed: (context) => use((combining) => combining.openFeed(settings, context)),
    [Symbol.asyncIterator]: () => after(),
    after,
    position: async () => use((combining) => combining.position(settings)),
  };
}
