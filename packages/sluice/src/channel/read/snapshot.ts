import { SluiceError } from "../../base/sluice-error.ts";
import type { SourceContext } from "../../stream/feed.ts";
import { SseItem } from "../../stream/source/sse-item.ts";
import type { Delivery } from "../deliver/delivery.ts";
import type { KeptEvent } from "../event/kept-event.ts";
import { type Selection, selects } from "../event/selection.ts";

type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>;

/** Makes the first events of a subscriber, also after a gap. Items must not have IDs: a snapshot is no place to resume from. */
export type InitialFunction = (context: SourceContext) => AnyIterable | Promise<AnyIterable>;

/** The first events of a subscriber: the newest of each key, or what a function makes. */
export type Initial = "latest" | InitialFunction;

/**
 * What a snapshot consists of: events of the channel, or what the user's function made. Of the channel's, those up to the offset
 * `through`: what is newer comes after the snapshot, and would be older than it otherwise.
 */
export async function* snapshotEvents(
  delivery: Delivery,
  selection: Selection,
  initial: Initial,
  context: SourceContext,
  through: number,
): AsyncGenerator<KeptEvent | unknown, void, undefined> {
  if (initial === "latest") {
    // Where another load begins meanwhile, only the last one has all.
    while (delivery.latest?.loading !== undefined) await delivery.latest.loading;
    for (const event of delivery.latest?.events() ?? []) {
      if (event.entry.offset <= through && selects(selection, event, delivery.reportFilter)) yield event;
    }
    return;
  }
  for await (const item of await initial(context)) {
    if (item instanceof SseItem && item.id !== undefined) {
      throw new SluiceError(
        "INVALID_FIELD",
        "An event of `initial` must have no id: the stream's position comes after all of them.",
      );
    }
    yield item;
  }
}
