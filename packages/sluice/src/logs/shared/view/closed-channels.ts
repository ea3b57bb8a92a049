import { type Life, NO_EPOCH, type Seen } from "../life/life.ts";
import type { LogView } from "./log-view.ts";

/** Closed channels that a process remembers. It forgets the channel first that it closed the longest ago. */
const MAX_CHANNELS = 10_000;
/** Earlier lives remembered of each closed channel, so that a record stays small. */
const MAX_LIVES = 16;
const NONE: readonly never[] = Object.freeze([]);

/**
 * The state of a channel that a process had seen when it closed the channel. `Mark` is the log's own addition, such as
 * enough of an entry to recognise it.
 */
export interface ClosedChannel<Mark> {
  readonly epoch: string;
  readonly offset: number;
  readonly former: Life["former"];
  /** Epochs that this process has seen end, without the `former` ones. Oldest first. */
  readonly ended: readonly string[];
  readonly mark: Mark;
}

/**
 * Remembers what a process had seen of the channels that it closed. The next time it opens such a channel, it compares
 * the store with that, as it does for open channels. So it notices that the store went back in time meanwhile. See
 * docs/decisions/058-a-node-remembers-closed-channels.md.
 */
export class ClosedChannels<Mark> {
  /** Oldest first. */
  readonly #byName = new Map<string, ClosedChannel<Mark>>();

  /** Number of channels remembered. */
  get size(): number {
    return this.#byName.size;
  }

  /** Records the state of a channel that this process closes. */
  remember(name: string, view: LogView, mark: Mark): void {
    this.#byName.delete(name);
    const closed = closedChannel(view, mark);
    if (closed.offset === 0 && closed.ended.length === 0 && closed.former.length === 0) return;
    this.#byName.set(flatCopy(name), closed);
    const [oldest] = this.#byName.keys();
    if (this.#byName.size > MAX_CHANNELS) this.#byName.delete(oldest as string);
  }

  /** Returns what this process had seen of a channel when it closed the channel; `undefined` if it does not know. */
  recall(name: string): ClosedChannel<Mark> | undefined {
    return this.#byName.get(name);
  }

  /** Forgets a channel: it is open again, and its view has what was remembered. */
  forget(name: string): void {
    this.#byName.delete(name);
  }
}

/** Returns what a process had seen of a channel that it opens again. */
export function seenBefore({ epoch, offset, former, ended }: ClosedChannel<unknown>): Seen {
  return { epoch, offset, former, ended: new Set([...former.map(([earlier]) => earlier), ...ended]) };
}

/**
 * Returns a copy of a text with characters of its own. V8 makes a part of a text point to the whole, and so keeps the
 * whole in memory. Lone surrogates are replaced.
 */
export function flatCopy(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}

function closedChannel<Mark>(view: LogView, mark: Mark): ClosedChannel<Mark> {
  const { epoch, offset, former, ended } = view.seen;
  if (view.wasDeleted(epoch)) {
    const all = [...ended].filter((each) => each !== epoch);
    return { epoch: NO_EPOCH, offset: 0, former: NONE, ended: [...all.slice(1 - MAX_LIVES), epoch], mark };
  }
  const others = [...ended].filter((each) => !former.some(([earlier]) => earlier === each));
  return { epoch, offset, former: shared(former.slice(0, MAX_LIVES)), ended: shared(others.slice(-MAX_LIVES)), mark };
}

/** Returns one array for all empty ones. */
function shared<T>(items: readonly T[]): readonly T[] {
  return items.length === 0 ? NONE : items;
}
