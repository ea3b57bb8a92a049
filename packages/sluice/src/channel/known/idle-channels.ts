import { SluiceError } from "../../base/errors/sluice-error.ts";
import { afterTurn, quietInterval, type Timer } from "../../base/time/timers.ts";
import { type ChannelKeeper, type KnownChannel, type KnownChannels, tooManyChannels } from "./known-channels.ts";

/** Looks of the sweep within one `idleTimeout`. So a channel closes at most half of the time too late. */
const LOOKS_PER_TIMEOUT = 4;
const MAX_INTERVAL_MS = 60_000;
/** Channels at which the sweep looks in one turn of the event loop. */
const LOOKS_PER_TURN = 1_024;
/** Channels that close in one turn. */
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
  /** Idle channels that are about to close. */
  readonly #due: KnownChannel[] = [];
  #isLooking = false;
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

  /** Looks at all channels, at some of them in each turn, and closes the idle ones. */
  #look(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const rest = this.#known.channels.values();
    const lookOn = () => {
      this.#isLooking = !this.#isStopped && this.#lookAt(rest);
      if (this.#isLooking) afterTurn(lookOn);
    };
    lookOn();
  }

  /** Looks at the next channels. Returns false if there are no more. */
  #lookAt(rest: Iterator<KnownChannel, undefined>): boolean {
    const now = performance.now();
    for (let i = 0; i < LOOKS_PER_TURN; i++) {
      const channel = rest.next().value;
      if (channel === undefined) return false;
      if (this.#isDue(channel, now)) this.#close(channel);
    }
    return true;
  }

  #isDue(channel: KnownChannel, now: number): boolean {
    const { uses, since } = this.#idle.get(channel) ?? {};
    const usesNow = channel.opened.value?.uses ?? 0;
    if (since !== undefined && uses === usesNow && isUnused(channel))
      return now - since >= this.#known.settings.idleTimeout;
    this.#idle.set(channel, { uses: usesNow, since: now });
    return false;
  }

  /** Closes a channel after the others that are due, a few in each turn. */
  #close(channel: KnownChannel): void {
    this.#idle.delete(channel);
    if (this.#due.push(channel) === 1) afterTurn(() => this.#closeDue());
  }

  #closeDue(): void {
    // A channel may have been used since the look.
    for (const channel of this.#due.splice(0, CLOSES_PER_TURN)) if (isUnused(channel)) void channel.close();
    if (this.#due.length > 0) afterTurn(() => this.#closeDue());
  }
}

/** Returns true if nothing uses a channel, be it open or not. */
function isUnused({ opened }: KnownChannel): boolean {
  return opened.value?.isUnused ?? !opened.isPending;
}
