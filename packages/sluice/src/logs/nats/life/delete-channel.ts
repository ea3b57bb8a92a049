import { SluiceError } from "../../../base/errors/sluice-error.ts";
import { sleep } from "../../../base/time/timers.ts";
import { newEpoch } from "../../shared/life/epoch.ts";
import { apiCode, STREAM_NOT_FOUND } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import type { NatsLives, StoredLife } from "./nats-lives.ts";

/** The channel to delete. */
export interface DeletedChannel {
  readonly link: NatsLink;
  readonly lives: NatsLives;
  readonly names: { readonly stream: string; readonly token: string };
  readonly deletions: OthersDeletions;
}

/** Deletes one channel. A call may run several times, until one resolves. */
export class ChannelDeletion {
  readonly #channel: DeletedChannel;
  readonly #timeout: number;
  /** Names this deletion in its tombstone. */
  readonly #name = newEpoch();
  /** When the stream must not be deleted any more: another process may take over. */
  readonly #deadline: number;
  /** Epoch of the life that was to be deleted last. */
  #asked: string | undefined;

  /** `timeout`, in ms: as the timeout of the log. */
  constructor(channel: DeletedChannel, timeout: number) {
    this.#channel = channel;
    this.#timeout = timeout;
    this.#deadline = performance.now() + timeout;
  }

  /** Epoch of the life that was deleted last; `undefined` if there was none. */
  get deleted(): string | undefined {
    return this.#asked;
  }

  /**
   * Deletes the life that the channel is in, but none that began after the first call. First a tombstone replaces the
   * life, so that no process begins another one before the stream is deleted.
   */
  async run(): Promise<true> {
    const { lives, names, deletions } = this.#channel;
    for (;;) {
      const stored = await lives.read(names.token);
      const { life, sequence, deleting, by } = stored;
      if (deleting !== undefined) {
        this.#checkTime();
        if (by !== this.#name) {
          // Another process deletes the channel. If this one deleted the stream too, that might be the next life's.
          this.#asked ??= deleting;
          await deletions.wait(this.#channel, stored, this.#timeout);
          continue;
        }
        await finishDeletion(this.#channel, stored);
        return true;
      }
      if (life === undefined || !this.#isMeant(life)) return true;
      this.#asked = life.epoch;
      await lives.remember(life.epoch);
      await lives.write(names.token, { deleting: life.epoch, by: this.#name }, sequence);
    }
  }

  #isMeant({ epoch, former }: NonNullable<StoredLife["life"]>): boolean {
    const asked = this.#asked;
    return asked === undefined || asked === epoch || former.some(([earlier]) => earlier === asked);
  }

  #checkTime(): void {
    if (performance.now() < this.#deadline) return;
    throw new SluiceError("LOG_FAILED", "NATS did not delete the channel in time. Another process completes that.");
  }
}

/** Deletes the stream of a channel that has a tombstone, then the tombstone. */
export async function finishDeletion({ link, lives, names }: DeletedChannel, { sequence }: StoredLife): Promise<void> {
  try {
    await link.session.jsm.streams.delete(names.stream);
  } catch (error) {
    if (apiCode(error) !== STREAM_NOT_FOUND) throw error;
  }
  await lives.removeTombstone(names.token, sequence);
}

/** Timeouts after which the process that began a deletion has certainly given up. */
const TIMEOUTS_PER_DELETION = 2;
const LOOK_PAUSE_MS = 20;

/** A tombstone, and when this process saw it first. */
interface SeenTombstone {
  readonly sequence: number;
  readonly at: number;
}

/**
 * Waits while other processes delete channels. If such a process ended meanwhile, completes its deletion. It takes over
 * the tombstone first, so that only one process does so.
 */
export class OthersDeletions {
  readonly #name = newEpoch();
  /** By token of the channel. */
  readonly #seen = new Map<string, SeenTombstone>();

  /** Waits for a moment. Call it for each look at a life that finds a tombstone. `timeout`: that of the log, in ms. */
  async wait(channel: DeletedChannel, stored: StoredLife, timeout: number): Promise<void> {
    const { token } = channel.names;
    const { deleting, by, sequence } = stored;
    if (by === this.#name) {
      this.#seen.delete(token);
      return finishDeletion(channel, stored);
    }
    const now = performance.now();
    let seen = this.#seen.get(token);
    if (seen?.sequence !== sequence) this.#seen.set(token, (seen = { sequence, at: now }));
    if (now - seen.at < timeout * TIMEOUTS_PER_DELETION) return sleep(LOOK_PAUSE_MS);
    await channel.lives.write(token, { deleting: deleting as string, by: this.#name }, sequence);
  }
}
