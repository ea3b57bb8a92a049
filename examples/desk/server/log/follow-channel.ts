import { setTimeout as wait } from "node:timers/promises";
import type { Channel, EventMap, ReceivedEvent } from "sluice";

/** Options of {@link followChannel}. */
export interface FollowOptions<Event> {
  readonly from: "now" | "start";
  /** Receives each event of the channel, published by any process, and each gap. */
  readonly onEvent: (event: Event) => void;
  /** Stops following. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

const RETRY_MS = 1_000;

/**
 * Follows a channel until the signal aborts. If the log fails, it retries after 1,000 ms and resumes after the last
 * event.
 */
export async function followChannel<Events extends EventMap, Received extends EventMap>(
  channel: Channel<Events, Received>,
  { from, onEvent, signal, onError }: FollowOptions<ReceivedEvent<Pick<Received, keyof Received & string>>>,
): Promise<void> {
  let last: string | undefined;
  while (!signal.aborted) {
    const events = channel.subscribe({ from }).after(last);
    // A signal cannot end a `for await` loop that waits for the next event. Ending the iterator can.
    const stop = () => void events.return();
    signal.addEventListener("abort", stop, { once: true });
    try {
      for await (const event of events) {
        last = event.id ?? last;
        onEvent(event);
      }
    } catch (error) {
      onError(error);
    } finally {
      signal.removeEventListener("abort", stop);
    }
    await wait(RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}
