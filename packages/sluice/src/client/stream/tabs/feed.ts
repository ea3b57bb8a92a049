import type { ParsedEvent } from "../../../protocol/parser.ts";
import type { AttemptEnd, EventStreamError } from "../attempt/attempt-end.ts";
import type { Entry } from "./message.ts";
import { type RecentEntries, recentEntries } from "./recent-entries.ts";
import { connect, type TabLoop, type TabReceiver, type TabStream } from "./tab-stream.ts";

/** Gives the events of the shared stream to the consumers of one tab, at their pace. */
export interface Feed {
  /** The newest entries of the shared stream. */
  recent: RecentEntries;
  /** The connection of this tab alone, until it has caught up with the shared stream. */
  own: TabLoop | undefined;
  /** True if the consumers are so slow that most of the space is taken. */
  isBehind(): boolean;
  /** Takes the next entries of the shared stream. */
  accept(entries: readonly Entry[]): void;
  /**
   * Continues from a position of the shared stream that this tab has not reached: first by its own connection.
   * `isUnclear`: events without IDs follow the position.
   */
  follow(lastEventId: string, isUnclear: boolean | undefined): void;
  connectOwn(): void;
  /** Ends the tab's own connection if the shared stream has what comes next. */
  meet(number?: number | ""): void;
  /** True if the tab's own connection has given everything, so that it waits for bytes. */
  isIdle: boolean;
  /** Resolves when the consumers have received an entry. */
  moved(): Promise<void>;
  /** Ends the stream when the consumers have received all entries. */
  finish(end: AttemptEnd, failure: EventStreamError | undefined): void;
  stop(): void;
}

/** Creates the feed of a tab. `name`: of its group, if it has one. */
export function createFeed(
  stream: TabStream,
  url: () => Promise<URL>,
  name: string | undefined,
  changed: () => void,
): Feed {
  const { delivery, loop } = stream;
  /** Number of the entry that the consumers receive next. */
  let at = 1;
  /** Identifies the run that gives entries. A stopped one may still wait for a consumer. */
  let turn: object | undefined;
  let ending: (() => void) | undefined;
  let resolveMoved: (() => void) | undefined;

  async function give(mine: object): Promise<void> {
    turn = mine;
    for (;;) {
      await delivery.settled();
      if (turn !== mine) return;
      if (delivery.isComplete) return loop.finish({ type: "completed" });
      if (at === feed.recent.next) break;
      const entry = feed.recent.get(at++);
      if (entry.type) delivery.take(entry as ParsedEvent);
      else delivery.pass(entry.lastEventId);
      resolveMoved?.();
    }
    turn = undefined;
    ending?.();
  }

  function run(): void {
    if (!turn && !feed.own) void give({});
  }

  /** Stops giving. An event that waits for a consumer was not given. */
  function halt(): void {
    turn = undefined;
    delivery.drop();
  }

  function stopOwn(): void {
    const { own } = feed;
    feed.own = undefined;
    own?.finish({ type: "closed" });
  }

  const ownDelivery: TabReceiver = Object.assign(Object.create(delivery), {
    isOpened: true,
    take(event: ParsedEvent) {
      delivery.take(event);
      feed.meet();
    },
    pass(lastEventId: string) {
      delivery.pass(lastEventId);
      feed.meet();
    },
    async settled() {
      feed.isIdle = false;
      await delivery.settled();
      feed.isIdle = true;
    },
  });

  const feed: Feed = {
    recent: recentEntries(delivery.given),
    own: undefined,
    isIdle: false,
    isBehind: () => !feed.own && feed.recent.isFilledFrom(at),
    accept(entries) {
      entries.forEach(feed.recent.add);
      feed.meet();
      run();
      feed.recent.trim();
      if (feed.recent.first > at) feed.connectOwn();
    },
    follow(lastEventId, isUnclear) {
      feed.connectOwn();
      feed.recent = recentEntries(lastEventId, isUnclear);
    },
    connectOwn() {
      if (feed.own || delivery.isComplete) return;
      halt();
      const own = connect(stream, url, ownDelivery, {
        isUnclear: feed.recent.isUnclear(delivery.given),
        changed,
        finished: (end, failure) => feed.own === own && loop.finish(end, failure),
      });
      feed.own = own;
      changed();
    },
    meet(number = delivery.given && feed.recent.after(delivery.given)) {
      if (!feed.own || !number || !name || delivery.isComplete) return;
      stopOwn();
      at = number;
      changed();
      run();
    },
    moved: () =>
      new Promise((resolve) => {
        resolveMoved = resolve;
      }),
    finish(end, failure) {
      ending = () => loop.finish(end, failure);
      run();
    },
    stop() {
      halt();
      stopOwn();
    },
  };
  return feed;
}
