import { SluiceError } from "../../base/sluice-error.ts";
import { afterTurn, quietInterval, type Timer } from "../../base/timers.ts";
import { type ChannelKeeper, type KnownChannel, type KnownChannels, tooManyChannels } from "./known-channels.ts";

/** Looks of the sweep within one `idleTimeout`. So a channel closes at most half of the time too late. */
const LOOKS_PER_TIMEOUT = 4;
const MAX_INTERVAL_MS = 60_000;
/** Channels that close in one turn of the event loop. */
const CLOSES_PER_TURN = 64;

/** A channel at a look of the sweep. */
interface Idleness {
  /** The channel's `uses` then. */
  readonly uses: number;
  /** When the sweep saw these uses first, on the clock of `performance.now()`. */
  readonly since: number;
}

/**
 * Closes the channels that nothing uses, by one timer for all of them, and forgets the closed ones. The program may
 * still have the object of a closed channel: while it does, its name leads to the same object.
 */
export class IdleChannels implements ChannelKeeper {
  readonly #known: KnownChannels;
  readonly #idle = new Map<KnownChannel, Idleness>();
  readonly #closed = new Map<string, WeakRef<KnownChannel>>();
  readonly #collected: FinalizationRegistry<string> | undefined;
  readonly #timer: Timer | undefined;
  #isStopped = false;

  constructor(known: KnownChannels) {
    this.#known = known;
    const { idleTimeout } = known.settings;
    // Some workers have no weak references. There, the closed channels stay known.
    if (typeof FinalizationRegistry === "function")
      this.#collected = new FinalizationRegistry((name) => {
        if (this.#closed.get(name)?.deref() === undefined) this.#closed.delete(name);
      });
    if (idleTimeout !== Number.POSITIVE_INFINITY)
      this.#timer = quietInterval(() => this.#look(), Math.min(MAX_INTERVAL_MS, idleTimeout / LOOKS_PER_TIMEOUT));
  }

  /** Number of closed channels whose objects the program may still have. */
  get closed(): number {
    return this.#closed.size;
  }

  recall(name: string): void {
    const channel = this.#closed.get(name)?.deref();
    if (channel !== undefined) this.enter(channel);
  }

  enter(channel: KnownChannel): void {
    const { channels, settings } = this.#known;
    const { name } = channel;
    if (channels.get(name) === channel) return;
    if (this.#isStopped) throw new SluiceError("CLOSED", `The Sluice of channel "${name}" is closed.`);
    if (channels.size >= settings.maxChannels) throw tooManyChannels(name);
    this.#closed.delete(name);
    channels.set(name, channel);
  }

  forget(channel: KnownChannel): void {
    const { channels } = this.#known;
    const { name, opened } = channel;
    const isOpen = opened.value !== undefined || opened.isPending;
    if (this.#collected === undefined || channels.get(name) !== channel || isOpen) return;
    channels.delete(name);
    this.#idle.delete(channel);
    this.#closed.set(name, new WeakRef(channel));
    this.#collected.register(channel, name);
  }

  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }

  #look(): void {
    const { channels, settings } = this.#known;
    const now = performance.now();
    const due: KnownChannel[] = [];
    for (const channel of channels.values()) {
      const { uses, since } = this.#idle.get(channel) ?? {};
      const usesNow = channel.opened.value?.uses ?? 0;
      const isIdle = since !== undefined && uses === usesNow && isUnused(channel);
      if (!isIdle) this.#idle.set(channel, { uses: usesNow, since: now });
      else if (now - since >= settings.idleTimeout) due.push(channel);
    }
    this.#close(due);
  }

  /** Closes channels, a few in each turn. */
  #close(due: KnownChannel[]): void {
    for (const channel of due.splice(0, CLOSES_PER_TURN)) {
      this.#idle.delete(channel);
      // It may have been used since the look.
      if (isUnused(channel)) void channel.close();
    }
    if (due.length > 0) afterTurn(() => this.#close(due));
  }
}

/** Returns true if nothing uses a channel, be it open or not. */
function isUnused({ opened }: KnownChannel): boolean {
  return opened.value?.isUnused ?? !opened.isPending;
}
