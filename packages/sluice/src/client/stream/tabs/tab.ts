import { quietInterval, sleep } from "../../../base/time/timers.ts";
import type { Superseder } from "../attempt/attempt-end.ts";
import type { StreamState } from "../stream-options.ts";
import { createFeed } from "./feed.ts";
import { groupLock } from "./group-lock.ts";
import type { Message } from "./message.ts";
import type { TabLoop, TabStream } from "./tab-stream.ts";
import { connectUpstream } from "./upstream.ts";

/** A tab in its group. */
export interface Tab {
  renew(by: Superseder): void;
  leave(): void;
}

const TICK_MS = 1_000;
/** A tick that is later than this follows a pause of this tab, which says nothing about the holder. */
const LATE_MS = 1_500;
/** Number of ticks without a message of the holder after which a visible tab asks it for one, and takes over. */
const PING_TICKS = 2;
const TAKEOVER_TICKS = 4;
/** Ticks without a byte on two new connections after which a tab that reads by itself joins the shared stream. */
const IDLE_TICKS = 3;

/**
 * Joins a group, and gives its events to the consumers from the position of the delivery on. Without a name, the tab
 * has a connection of its own. `withdraw` is called if the runtime refuses locks.
 */
export function openTab(
  stream: TabStream,
  name: string | undefined,
  url: () => Promise<URL>,
  withdraw: () => void,
): Tab {
  const { loop, delivery, owner, shown, world } = stream;
  const id = `${Math.random()}`;
  const feed = createFeed(stream, url, name, refresh);
  // Without a name it is never requested.
  const lock = groupLock(world.navigator?.locks as LockManager, `${name}`, { granted: hold, lost, refused: withdraw });
  let channel: BroadcastChannel | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let upstream: TabLoop | undefined;
  let term = 0;
  let isFollowing = false;
  let holderState: StreamState = "connecting";
  let hasAsked = false;
  let isCrowded = false;
  let silent = 0;
  let idle = 0;
  let givenBefore: string | undefined;
  /** The position at which the tab last asked for new connections, and whether the shared one has opened since. */
  let askedAt: string | undefined;
  let hasReopened = false;
  let tickedAt = performance.now();

  function post(message: Partial<Message>): void {
    channel?.postMessage({ k: name, f: id, t: term, s: upstream?.state, ...message });
  }

  function announce(): void {
    if (upstream) post({ id: feed.recent.last });
  }

  function hello(): void {
    hasAsked = true;
    post({ m: "hello", id: feed.recent.last });
  }

  function refresh(sharing = shown.sharing): void {
    const connection = feed.own ?? upstream;
    const state = connection?.state ?? (isFollowing ? holderState : "connecting");
    loop.lastEnd = connection?.lastEnd ?? loop.lastEnd;
    if (`${loop.state}${state}`.includes("closed") || (loop.state === state && shown.sharing === sharing)) return;
    loop.state = state;
    shown.sharing = sharing;
    owner.changed(state);
  }

  function lost(): void {
    isFollowing = false;
    stopUpstream();
    lock.request();
    hello();
    refresh("follower");
  }

  function stopUpstream(): void {
    const stopped = upstream;
    upstream = undefined;
    stopped?.finish({ type: "closed" });
  }

  /** Takes the stream over from the position of this tab. A tab that is ahead catches up by itself. */
  function hold(): void {
    term++;
    isFollowing = true;
    const { last, next, isUnclear } = feed.recent;
    // No event without an ID can join the tab's own connection to the shared stream.
    if (isUnclear(last)) feed.meet(next);
    const connection = connectUpstream(stream, url, last, {
      isUnclear: isUnclear(last),
      changed() {
        hasReopened ||= connection.state === "open";
        refresh();
        announce();
      },
      finished(...end) {
        if (upstream !== connection) return;
        upstream = undefined;
        disband();
        feed.finish(...end);
      },
      accept(e) {
        post({ id: feed.recent.last, e });
        feed.accept(e);
      },
      act: lock.act,
      waiting() {
        const { verifying } = lock;
        if (verifying || isCrowded || !feed.isBehind()) return verifying;
        // Without other tabs, the consumers of this tab slow down the server.
        return lock.isAwaited().then((isAwaited) => {
          isCrowded = isAwaited;
          return isCrowded ? undefined : Promise.race([feed.moved(), sleep(TICK_MS)]);
        });
      },
    });
    upstream = connection;
    announce();
    refresh("holder");
  }

  function receive({ data: message }: MessageEvent<Message>): void {
    const { k, to, t, f, m, id: after = "", e = [], u, n, s } = message;
    if (k !== name || (to && to !== id)) return;
    if (lock.isHeld) {
      // Another tab has taken the stream over, or knows a term that this tab has not seen.
      if (t > term) {
        void lock.act(() => {
          term = Math.max(term, t + 1);
          announce();
        }, true);
      }
      if (m === "renew") upstream?.renew("reconnect");
      if (m === "ping") void lock.act(announce);
      if (m === "hello" && upstream) void lock.act(() => post({ to: f, ...feed.recent.entriesAfter(after) }));
    } else if (!m && t < term) {
      // This makes the sender check its lock, and then begin a newer term.
      if (!hasAsked) hello();
    } else if (!m) {
      hasAsked &&= t === term;
      term = t;
      silent = 0;
      hasReopened ||= s === "open" && holderState !== s;
      holderState = s!;
      const isNext = after === feed.recent.last && !u;
      if (isNext || u || feed.own) {
        if (!isNext) feed.follow(after, n);
        hasAsked = false;
        isFollowing = true;
        feed.accept(e);
      } else if (!hasAsked) hello();
      refresh("follower");
    }
  }

  function tick(): void {
    const now = performance.now();
    silent = now - tickedAt > LATE_MS || lock.isHeld || world.document?.visibilityState === "hidden" ? 0 : silent + 1;
    tickedAt = now;
    isCrowded = hasAsked = false;
    if (silent >= TAKEOVER_TICKS) {
      silent = 0;
      lock.request(true);
    } else if (silent >= PING_TICKS) post({ m: "ping" });
    // The server may have moved on without an event for these tabs. Then the positions differ, and neither connection
    // has more to give. New ones show that: a connection that stands still could hold events back.
    const { given } = delivery;
    const areOpen = feed.own?.state === "open" && (upstream?.state ?? holderState) === "open";
    // Without a position, the tab cannot know whether it is at the same place as the holder.
    const isIdle = areOpen && feed.recent.last && feed.isIdle && given === givenBefore;
    givenBefore = given;
    if (!isIdle) idle = 0;
    else if (askedAt === given) idle += +hasReopened;
    else {
      askedAt = given;
      hasReopened = false;
      feed.own!.renew("reconnect");
      renew("reconnect");
    }
    if (idle >= IDLE_TICKS && !feed.recent.hasEvents) feed.meet(feed.recent.next);
  }

  function renew(by: Superseder): void {
    if (upstream) upstream.renew(by);
    else if (by === "reconnect") post({ m: "renew" });
  }

  function disband(): void {
    clearInterval(timer);
    channel?.close();
    channel = undefined;
    lock.leave();
  }

  if (name) {
    channel = new world.BroadcastChannel!(name);
    channel.onmessage = receive;
    timer = quietInterval(tick, TICK_MS);
    lock.request();
    hello();
    refresh();
  } else feed.connectOwn();

  return {
    renew(by) {
      feed.own?.renew(by);
      renew(by);
      // The attempts of a connection call the functions among the options by themselves.
      if (by === "reconnect" && !feed.own && !upstream) url().catch(() => {});
    },
    leave() {
      disband();
      feed.stop();
      stopUpstream();
      shown.sharing = "alone";
    },
  };
}
