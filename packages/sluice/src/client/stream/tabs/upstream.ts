import type { Entry } from "./message.ts";
import { type ConnectionOwner, connect, type TabLoop, type TabReceiver, type TabStream } from "./tab-stream.ts";

/** The tab that holds the connection of its group. */
export interface UpstreamOwner extends ConnectionOwner {
  /** Passes new entries on. */
  accept(entries: Entry[]): void;
  /** Runs the work if this tab still holds the stream; also later. */
  act(work: () => void): void;
  /** Returns a promise while no entry may be read. */
  waiting(): Promise<void> | undefined;
}

/** Connects to the server for all tabs of a group, from a position on. */
export function connectUpstream(
  stream: TabStream,
  url: () => Promise<URL>,
  given: string,
  owner: UpstreamOwner,
): TabLoop {
  let batch: Entry[] = [];

  function add(entry: Entry): void {
    hub.given = entry.lastEventId;
    // One message for all events of a chunk.
    if (batch.push(entry) === 1) queueMicrotask(() => owner.act(flush));
  }

  function flush(): void {
    const entries = batch;
    batch = [];
    // The connection may be that of another user: `headers` are called after the URL, and may take their time.
    if (entries[0] && !stream.settings.isStale?.()) owner.accept(entries);
  }

  const hub: Partial<TabReceiver> & { given: string } = {
    given,
    isOpened: true,
    take: add,
    async settled() {
      let waiting: Promise<void> | undefined;
      while ((waiting = owner.waiting())) await waiting;
    },
    pass(lastEventId) {
      if (lastEventId !== hub.given) add({ lastEventId });
    },
    drop() {},
  };
  return connect(stream, url, hub as TabReceiver, owner);
}
