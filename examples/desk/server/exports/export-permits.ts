/** Maximum number of exports of one user that run at the same time, on all workers of a desk. */
export const MAX_RUNNING = 2;

/**
 * Limits the exports that one user runs at the same time. `take` checks and takes in one step, so simultaneous requests
 * cannot exceed {@link MAX_RUNNING}.
 */
export interface ExportPermits {
  /** Takes a permit. Resolves to false if the user has no more. */
  take(user: string): Promise<boolean>;
  /** Returns a permit that was taken. */
  giveBack(user: string): void;
}

/** The permits of all users. `holder` is the process that runs the export. */
export class PermitTable {
  /** Holders of the permits of each user, one for each permit. */
  readonly #taken = new Map<string, number[]>();

  take(user: string, holder: number): boolean {
    const holders = this.#taken.get(user) ?? [];
    if (holders.length >= MAX_RUNNING) return false;
    this.#taken.set(user, [...holders, holder]);
    return true;
  }

  giveBack(user: string, holder: number): void {
    const holders = this.#taken.get(user) ?? [];
    const index = holders.indexOf(holder);
    if (index >= 0) this.#set(user, holders.toSpliced(index, 1));
  }

  /** Returns all permits of a process that has exited. */
  giveBackAll(holder: number): void {
    for (const [user, holders] of this.#taken)
      this.#set(
        user,
        holders.filter((other) => other !== holder),
      );
  }

  #set(user: string, holders: number[]): void {
    if (holders.length === 0) this.#taken.delete(user);
    else this.#taken.set(user, holders);
  }
}

/** Returns the permits of a desk of one process. */
export function ownPermits(): ExportPermits {
  const table = new PermitTable();
  return { take: async (user) => table.take(user, process.pid), giveBack: (user) => table.giveBack(user, process.pid) };
}
