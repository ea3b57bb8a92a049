import { setTimeout as wait } from "node:timers/promises";
import type { Channel, SseItem } from "sluice";

/** Options of {@link followChannel}. */
export interface FollowOptions<Item> {
  readonly from: "now" | "start";
  /** Receives each event of the channel, published by any process, and each gap. */
  readonly onEvent: (item: Item) => void;
  /** Stops following. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

const RETRY_MS = 1_000;

/**
 * Follows a channel until the signal aborts. If the log fails, it retries after 1,000 ms and resumes after the last
 * event.
 */
export async function followChannel<Events extends Record<string, unknown>>(
  channel: Channel<Events>,
  { from, onEvent, signal, onError }: FollowOptions<SseItem<Events[keyof Events & string]>>,
): Promise<void> {
  let last: string | undefined;
  while (!signal.aborted) {
    const items = channel.subscribe({ from }).after(last);
    // A signal cannot end a `for await` loop that waits for the next event. Ending the iterator can.
    const stop = () => void items.return();
    signal.addEventListener("abort", stop, { once: true });
    try {
      for await (const item of items) {
        last = item.id ?? last;
        onEvent(item);
      }
    } catch (error) {
      onError(error);
    } finally {
      signal.removeEventListener("abort", stop);
    }
    await wait(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
