import { check } from "../check.ts";
import type { KeptPosition, keepPosition, PositionStore } from "../keep-position.ts";
import { openTab, type Tab } from "./tab.ts";
import type { TabStream, World } from "./tab-stream.ts";

/** Makes the loop of a stream share its connection with other tabs. Sets `owner.kept`, also when the key changes. */
export function share(
  loop: TabStream["loop"],
  settings: TabStream["settings"],
  delivery: TabStream["delivery"],
  signal: AbortSignal,
  owner: TabStream["owner"],
  create: TabStream["create"],
  keep: typeof keepPosition,
  useShort: TabStream["useShort"],
  shown: TabStream["shown"],
  world: World = globalThis,
): void {
  const stream: TabStream = { loop, settings, delivery, owner, create, useShort, shown, world };
  const { shareKey = "", persist, body } = settings;
  const isPrivate = settings.headers || body || settings.withCredentials;
  let canShare = world.navigator?.locks && world.BroadcastChannel;
  /** True if the key has failed when it was last needed. */
  let hasFailed = false;
  let key = keyNow();
  let tab: Tab | undefined;
  /** Identifies the membership. */
  let turn = 0;
  let isPaused = false;
  /** The URL that names the group, until an attempt uses it: some functions return another one each time. */
  let named: URL | undefined;

  /** Returns the key at this time; `undefined`: the tab must not share. Reports an error once until there is a key. */
  function keyNow(): string | undefined {
    try {
      const now = typeof shareKey === "function" ? shareKey() : shareKey;
      // The text of another value may be that of another user too: 1 and "1".
      check(typeof (now ?? "") === "string", "shareKey: string", now);
      hasFailed = false;
      // The empty text names no user.
      return now || (now === "" && !isPrivate) ? now : undefined;
    } catch (error) {
      if (!hasFailed) owner.failed(error, "callback");
      hasFailed = true;
      return undefined;
    }
  }

  /** Returns the position that is kept for a key: under a name with the key, or as a text with the key. */
  function keptFor(owned = "", lastEventId = settings.lastEventId): KeptPosition | undefined {
    // An ID has no line ends.
    const prefix = owned && `${owned}\n`;
    const withKey = (store: PositionStore): PositionStore => ({
      async load() {
        const text = (await store.load()) ?? "";
        const end = text.lastIndexOf("\n") + 1;
        return text.slice(0, end) === prefix ? text.slice(end) : "";
      },
      save: (lastEventId) => store.save(prefix + lastEventId),
    });
    return keep(
      {
        lastEventId,
        persist: persist && "load" in persist ? withKey(persist) : persist,
        persistKey: owned ? `${settings.persistKey} ${owned}` : settings.persistKey,
      },
      owner.failed,
    );
  }

  const nameOf = (url: URL | undefined) =>
    canShare && url && key !== undefined ? JSON.stringify(["sluice", url.href, key, body]) : undefined;

  function leave(): void {
    turn++;
    tab?.leave();
    tab = undefined;
  }

  async function join(given?: URL): Promise<void> {
    leave();
    const mine = turn;
    const now = keyNow();
    const url = given ?? (await settings.url().catch(() => undefined));
    if (now !== key) {
      // The position among the options belongs to the first key.
      const next = keptFor(now, "");
      const position = await next?.load();
      if (mine !== turn) return;
      key = now;
      owner.kept = next;
      delivery.pass(position ?? "");
    }
    if (mine !== turn || isPaused || signal.aborted) return;
    const name = nameOf(url);
    named = url;
    async function freshUrl(): Promise<URL> {
      const fresh = named ?? (await settings.url());
      named = undefined;
      if (mine === turn && (nameOf(fresh) !== name || keyNow() !== key)) void join(fresh);
      return fresh;
    }
    tab = openTab(stream, name, freshUrl, () => {
      canShare = undefined;
      void join();
    });
  }

  if (typeof shareKey === "function") {
    settings.isStale = () => {
      const isStale = keyNow() !== key;
      if (isStale && tab) void join();
      return isStale;
    };
  }
  loop.run = join;
  loop.renew = (by) => {
    named = undefined;
    tab?.renew(by);
  };
  loop.pause = (paused) => {
    isPaused = paused;
    if (!paused) return void join();
    leave();
    loop.state = "paused";
    owner.changed("paused");
  };
  owner.kept = keptFor(key);
  signal.addEventListener("abort", leave);
}
