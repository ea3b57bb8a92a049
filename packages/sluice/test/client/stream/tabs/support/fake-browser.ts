import type { World } from "../../../../../src/client/stream/tabs/tab-stream.ts";

/** Decides how long something takes, in turns of the event loop. */
export type Delay = () => number;

interface Request {
  readonly name: string;
  readonly tab: FakeTab;
  readonly grant: () => void;
  /** Rejects the request: its lock was stolen. */
  readonly lose: () => void;
}

/** Web Locks and `BroadcastChannel` of one browser, whose tabs can crash and freeze. */
export class FakeBrowser {
  readonly tabs = new Set<FakeTab>();
  readonly channels = new Set<FakeChannel>();
  /** Every message that was sent, also by tabs that have crashed since. */
  readonly messages: { readonly name: string; readonly data: unknown }[] = [];
  readonly #delay: Delay;
  #held: Request[] = [];
  #queued: Request[] = [];

  constructor(delay: Delay = () => 0) {
    this.#delay = delay;
  }

  open(): FakeTab {
    const tab = new FakeTab(this);
    this.tabs.add(tab);
    return tab;
  }

  /** The tab that holds a lock. */
  get holder(): FakeTab | undefined {
    return this.#held[0]?.tab;
  }

  locksOf(tab: FakeTab): Pick<LockManager, "request" | "query"> {
    return {
      query: async () => {
        await this.turns();
        // The browser answers at once. A frozen tab receives the answer later.
        const list = (requests: Request[]) =>
          requests.map(({ name, tab: { clientId } }) => ({ name, clientId, mode: "exclusive" as const }));
        const answer = { held: list(this.#held), pending: list(this.#queued) };
        return tab.task(() => answer);
      },
      request: ((name: string, { signal, steal }: LockOptions, callback: () => Promise<void>) =>
        new Promise<void>((resolve, reject) => {
          const request: Request = {
            name,
            tab,
            grant: () =>
              void tab.task(() => {
                if (signal?.aborted) return this.#release(request);
                // A tab that has crashed never gives an answer.
                Promise.resolve(callback()).then(() => {
                  this.#release(request);
                  resolve();
                });
              }),
            lose: () => void tab.task(() => reject(new DOMException("stolen", "AbortError"))),
          };
          signal?.addEventListener("abort", () => {
            if (!this.#queued.includes(request)) return;
            this.#queued = this.#queued.filter((each) => each !== request);
            reject(signal.reason);
          });
          if (steal) {
            const stolen = this.#held.filter((each) => each.name === name);
            this.#held = [...this.#held.filter((each) => each.name !== name), request];
            for (const each of stolen) each.lose();
            request.grant();
          } else {
            this.#queued.push(request);
            this.#grantNext();
          }
        })) as LockManager["request"],
    };
  }

  post(from: FakeChannel, message: unknown): void {
    const data = structuredClone(message);
    this.messages.push({ name: from.name, data });
    for (const channel of this.channels) {
      if (channel === from || channel.name !== from.name) continue;
      const receive = () => {
        if (this.channels.has(channel)) channel.onmessage?.({ data: structuredClone(data) } as MessageEvent);
      };
      void (channel.tab.isHalfFrozen ? this.turns().then(receive) : channel.tab.task(receive));
    }
  }

  /** Ends a tab as a crash of its process does. */
  crash(tab: FakeTab): void {
    tab.isAlive = false;
    this.tabs.delete(tab);
    for (const channel of this.channels) if (channel.tab === tab) this.channels.delete(channel);
    this.#held = this.#held.filter((each) => each.tab !== tab);
    this.#queued = this.#queued.filter((each) => each.tab !== tab);
    tab.crashed.abort();
    this.#grantNext();
  }

  /** Waits for a number of turns. */
  async turns(): Promise<void> {
    for (let left = this.#delay(); left > 0; left--) await new Promise<void>((resolve) => setImmediate(resolve));
  }

  #release(request: Request): void {
    this.#held = this.#held.filter((each) => each !== request);
    this.#grantNext();
  }

  #grantNext(): void {
    for (const request of [...this.#queued]) {
      if (this.#held.some(({ name }) => name === request.name)) continue;
      this.#queued = this.#queued.filter((each) => each !== request);
      this.#held.push(request);
      request.grant();
    }
  }
}

/** A tab of a fake browser. */
export class FakeTab {
  readonly crashed = new AbortController();
  readonly document = { visibilityState: "visible" as DocumentVisibilityState };
  readonly world: World;
  readonly clientId = `client ${Math.random()}`;
  isAlive = true;
  /** True while messages still reach the tab although it is frozen, as in Chromium at times. */
  isHalfFrozen = false;
  readonly #browser: FakeBrowser;
  /** The tasks of the tab, in order: each waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();
  #thawed: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;

  constructor(browser: FakeBrowser) {
    this.#browser = browser;
    const tab = this;
    this.world = {
      navigator: { locks: browser.locksOf(this) as LockManager },
      document: this.document,
      BroadcastChannel: class extends FakeChannel {
        constructor(name: string) {
          super(browser, tab, name);
        }
      } as unknown as typeof BroadcastChannel,
    };
  }

  freeze(half = false): void {
    if (this.#thawed) return;
    this.isHalfFrozen = half;
    let resolve = () => {};
    const promise = new Promise<void>((done) => {
      resolve = done;
    });
    this.#thawed = { promise, resolve };
  }

  thaw(): void {
    this.isHalfFrozen = false;
    this.#thawed?.resolve();
    this.#thawed = undefined;
  }

  /** Runs a task in the tab: later, never while it is frozen, and not at all after a crash. */
  async task<T>(work: () => T): Promise<T> {
    const before = this.#last;
    let done = () => {};
    this.#last = new Promise<void>((resolve) => {
      done = resolve;
    });
    await before;
    await this.#browser.turns();
    while (this.#thawed) await this.#thawed.promise;
    // The tasks after it must not wait for ever either, but they do nothing.
    if (!this.isAlive) return new Promise<T>(() => done());
    try {
      return work();
    } finally {
      done();
    }
  }

  /** Resolves when the tab may go on: at once unless it is frozen. */
  async awake(): Promise<void> {
    while (this.#thawed) await this.#thawed.promise;
  }

  crash(): void {
    this.#browser.crash(this);
  }
}

/** A `BroadcastChannel` of a fake browser. */
export class FakeChannel {
  onmessage: ((event: MessageEvent) => void) | null = null;
  readonly #browser: FakeBrowser;
  readonly tab: FakeTab;
  readonly name: string;

  constructor(browser: FakeBrowser, tab: FakeTab, name: string) {
    this.#browser = browser;
    this.tab = tab;
    this.name = name;
    browser.channels.add(this);
  }

  postMessage(message: unknown): void {
    if (this.tab.isAlive) this.#browser.post(this, message);
  }

  close(): void {
    this.#browser.channels.delete(this);
  }
}
