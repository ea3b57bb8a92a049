/** The tab that wants the lock. */
export interface LockOwner {
  /** Called when this tab has the lock. */
  granted(): void;
  /** Called when another tab has stolen the lock. */
  lost(): void;
  /** Called if the runtime refuses locks. */
  refused(): void;
}

/** The lock of a group. The tab that has it holds the stream. */
export interface GroupLock {
  readonly isHeld: boolean;
  /** Pending while this tab asks whether it still has the lock. */
  readonly verifying: Promise<void> | undefined;
  /** Waits for the lock; or steals it. */
  request(steal?: true): void;
  /**
   * Does what only the tab with the lock may do. After a pause, a frozen page may have lost the lock without noticing.
   * `isDoubtful`: something else says that it has.
   */
  act(work: () => void, isDoubtful?: boolean): Promise<void>;
  /** Resolves to true if other tabs wait for the lock. */
  isAwaited(): Promise<boolean>;
  /** Gives the lock up, or no longer waits for it. */
  leave(): void;
}

/** After a longer pause the tab asks whether it still has the lock. No tab steals it earlier. */
const LEASE_MS = 1_500;

/** Creates the lock of a group, which this tab does not request yet. */
export function groupLock(locks: LockManager, name: string, owner: LockOwner): GroupLock {
  /** Cancels the wait for the lock. */
  let queue: AbortController | undefined;
  /** Gives the lock up. */
  let release: (() => void) | undefined;
  let clientId: string | undefined;
  let activeAt: number;

  /** Resolves to the tab that has the lock, and to the number of tabs that wait for it. */
  async function query(): Promise<readonly [holder: string | undefined, waiting: number]> {
    const { held, pending } = await locks.query();
    const isOfGroup = (lock: LockInfo) => lock.name === name;
    return [held!.find(isOfGroup)?.clientId, pending!.filter(isOfGroup).length];
  }

  function lose(): void {
    if (!release) return;
    release = undefined;
    owner.lost();
  }

  async function verify(): Promise<void> {
    // The answer holds for the time of the question: it may reach a page that was frozen in between.
    const askedAt = performance.now();
    try {
      const [holder] = await query();
      if (holder !== clientId) lose();
      activeAt = askedAt;
    } catch {
      lose();
    }
    lock.verifying = undefined;
  }

  async function begin(mine: () => void): Promise<void> {
    [clientId] = await query();
    activeAt = performance.now();
    if (release === mine) owner.granted();
  }

  const lock = {
    get isHeld() {
      return !!release;
    },
    verifying: undefined as Promise<void> | undefined,
    request(steal?: true) {
      queue?.abort();
      const { signal } = (queue = new AbortController());
      let mine: (() => void) | undefined;
      locks
        .request(name, steal ? { steal } : { signal }, () => {
          if (signal.aborted) return undefined;
          return new Promise<void>((resolve, reject) => {
            release = mine = resolve;
            begin(resolve).catch(reject);
          });
        })
        .catch(() => {
          if (!mine && !signal.aborted) owner.refused();
          if (mine && mine === release) lose();
        });
    },
    async act(work: () => void, isDoubtful?: boolean) {
      const isLate = () => release && performance.now() - activeAt > LEASE_MS;
      if (isDoubtful) activeAt = Number.NEGATIVE_INFINITY;
      if (!isLate()) activeAt = performance.now();
      while (isLate()) await (lock.verifying ??= verify());
      if (release) work();
    },
    isAwaited: async () => (await query())[1] > 0,
    leave() {
      queue?.abort();
      release?.();
      release = undefined;
    },
  };
  return lock;
}
