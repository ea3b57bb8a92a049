import { setTimeout as wait } from "node:timers/promises";
import type { Channel, SseItem } from "sluice";

/** How a channel is followed. */
export interface FollowOptions<Item> {
  readonly from: "now" | "start";
  /** Hears of every event, whoever published it, and of gaps. */
  readonly take: (item: Item) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

const RETRY_MS = 1_000;

/** Follows a channel within this process until the signal aborts; when its log fails, it goes on from where it was. */
export async function follow<Events extends Record<string, unknown>>(
  channel: Channel<Events>,
  { from, take, signal, onError }: FollowOptions<SseItem<Events[keyof Events & string]>>,
): Promise<void> {
  let last: string | undefined;
  while (!signal.aborted) {
    const items = channel.subscribe({ from }).after(last);
    // A loop that waits for the next event cannot be told to end; what it waits for can.
    const stop = () => void items.return();
    signal.addEventListener("abort", stop, { once: true });
    try {
      for await (const item of items) {
        last = item.id ?? last;
        take(item);
      }
    } catch (error) {
      onError(error);
    } finally {
      signal.removeEventListener("abort", stop);
    }
    await wait(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
