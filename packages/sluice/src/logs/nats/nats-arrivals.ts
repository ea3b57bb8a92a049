import { ignore } from "../../base/errors/guard.ts";
import { entryBytes, type LogEntry, type Retention } from "../log.ts";
import type { HeldBytes } from "../shared/bounds/held-bytes.ts";
import { TAIL_OUTAGE } from "../shared/failures/out-of-reach.ts";
import { BatchAssembler } from "./batch/batch-assembler.ts";
import type { NatsMessage } from "./connection/nats-link.ts";
import type { CheckRounds, RoundsMember } from "./life/check-rounds.ts";
import type { NatsChannelLife } from "./life/nats-channel-life.ts";
import type { NatsLifeParts } from "./life/nats-life-parts.ts";
import { writtenEpoch } from "./life/nats-lives.ts";
import { epochOf } from "./message-id.ts";
import { readEntry, type StreamMessage } from "./read/message.ts";
import type { FoundStream } from "./stream/nats-stream.ts";
import type { Republishing } from "./stream/republishing.ts";
import { storedBytes } from "./stream/stream-limits.ts";
import { NatsTail } from "./tail/nats-tail.ts";
import type { ReceivedBytes } from "./tail/received-bytes.ts";

/** Parts that {@link NatsArrivals} works with. */
export interface NatsArrivalParts extends NatsLifeParts {
  readonly retain: Retention;
  /** Checks the logs of all channels from time to time. */
  readonly rounds: CheckRounds;
  /** The live bytes of this turn, over all channels. */
  readonly received: ReceivedBytes;
  /** The bytes of batches that are not complete, over all channels. */
  readonly batches: HeldBytes;
  readonly republishing: Republishing;
}

/** The entries that arrive from a channel's stream. Passes them to the life of the channel's log, in order. */
export class NatsArrivals {
  readonly #parts: NatsArrivalParts;
  readonly #life: NatsChannelLife;
  readonly #onFailure: () => void;
  readonly #tail: NatsTail;
  /** Holds the messages of the tail that do not complete their batch. */
  readonly #assembler: BatchAssembler;
  /** Bytes that can be appended before the server trims. */
  #roomBytes = Number.POSITIVE_INFINITY;
  #failure: Error | undefined;
  readonly #member: RoundsMember;
  readonly #unwatch: () => void;
  /** Calls of `catchUp` that wait for entries or a check. */
  readonly #waiting: (() => void)[] = [];

  /** `onFailure` is called when {@link failure} changes. */
  constructor(parts: NatsArrivalParts, life: NatsChannelLife, onFailure: () => void) {
    this.#parts = parts;
    this.#life = life;
    this.#onFailure = onFailure;
    const { link, names, timeout, budget, received, rounds, republishing } = parts;
    const { stream, live } = names;
    this.#tail = new NatsTail({
      link,
      stream,
      live,
      timeout,
      budget,
      received,
      next: () => this.#reached + 1,
      onMessage: (offset, message, isBehind) => this.#take(offset, message, isBehind),
      awaited: () => this.#assembler.awaited,
      taken: () => life.view.taken(),
      onLife: (message) => this.#lifeWritten(message),
      onInterrupted: () => life.interrupted(),
      onRetry: () => rounds.soon(this.#member),
      onLate: () => rounds.late(this.#member),
      onHole: (last) => void this.passHole(this.#reached, last).catch(ignore),
      onDenied: (error) => republishing.refused(`denies this user the subject ${live}`, error),
      onFailure: (error) => this.#tailFailed(error),
    });
    this.#assembler = new BatchAssembler({ held: parts.batches, onAgain: () => this.#receiveAgain() });
    this.#member = { check: () => life.checkInBackground(), late: () => this.#tail.late() };
    this.#unwatch = link.onChange(() => {
      this.#tail.reconnect();
      rounds.now(this.#member);
    });
    rounds.add(this.#member);
  }

  /** The error that keeps entries from arriving; `undefined` if they arrive. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Resolves once the log's view has every entry that a check found, in one epoch. */
  async catchUp(): Promise<void> {
    const life = this.#life;
    for (let epoch = ""; epoch !== life.epoch; ) {
      const last = await life.check();
      epoch = life.epoch;
      while (life.epoch === epoch && this.#reached < last) {
        life.throwIfClosed();
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
    }
  }

  /**
   * If an operator erased the entry after the offset `after`, drops everything up to the next entry that is left: a log
   * must have no holes. `last` is the offset of the newest entry.
   */
  async passHole(after: number, last: number): Promise<void> {
    const { link, names } = this.#parts;
    const life = this.#life;
    const { epoch, subjects } = life;
    const { identity } = link;
    if (after + 1 < life.view.first || after >= last || !life.isChecked) return;
    // The stream's leader answers, so the stream has no entry that this misses.
    const query = { seq: after + 1, next_by_subj: subjects.all };
    const next = await link.session.jsm.streams.getMessage(names.stream, query);
    if (next === null) await life.confirmStream();
    if (epoch !== life.epoch || identity !== link.identity) return;
    // The stream has the entry, which the consumer's server of the cluster did not have yet.
    if (next?.seq === after + 1) return this.#parts.rounds.soon(this.#member);
    life.view.trimmed(next?.seq ?? last + 1);
    this.#wake();
  }

  /** Returns true if no entry was missed since the last check. Call it only in a check. */
  look(): boolean {
    return this.#tail.look();
  }

  /** Follows the stream that a check found. */
  checked(found: FoundStream): void {
    this.#roomBytes = storedBytes(this.#parts.retain.bytes) - found.bytes;
    this.#tail.follow(found);
    this.#wake();
  }

  /** Counts entries that the log's view has received. */
  received(entries: readonly LogEntry[]): void {
    const { view } = this.#life;
    // The server trims by number of events at once.
    view.trimmed(view.last - this.#parts.retain.events + 1);
    for (const entry of entries) this.#roomBytes -= entryBytes(entry);
    // Only the server knows what it trimmed to limit the bytes.
    if (this.#roomBytes < 0) this.#parts.rounds.soon(this.#member);
    this.#wake();
  }

  /** Follows nothing until {@link checked} is called. */
  stop(): void {
    this.#tail.stop();
    this.#assembler.clear();
  }

  /** Ends the arrivals. The life must be closed. */
  close(): void {
    this.#parts.rounds.remove(this.#member);
    this.#unwatch();
    this.stop();
    this.#tail.close();
    this.#wake();
  }

  /** Offset of the newest entry that has arrived, complete or not. */
  get #reached(): number {
    return Math.max(this.#life.last, this.#assembler.received);
  }

  /** Takes a message of the tail. `isBehind`: see {@link TailListener.appended}. */
  #take(offset: number, message: StreamMessage, isBehind: boolean): void {
    const life = this.#life;
    if (!life.isChecked || offset <= life.last) return;
    // The stream was replaced, and this process has not noticed yet.
    if (!life.subjects.include(message.subject)) return life.invalidate();
    if (!life.knows(epochOf(message))) return;
    const decided = this.#assembler.take(readEntry(offset, message));
    const added = decided.filter((entry) => entry.offset > life.last);
    if (added.length > 0) life.receive(added, isBehind);
    else this.#wake();
  }

  /** Receives the messages after the newest entry again. The tail requests them after a check. */
  #receiveAgain(): void {
    this.#tail.stop();
    this.#life.checkAfresh();
  }

  /** Another process may have begun a life, or be about to delete the channel. */
  #lifeWritten(message: NatsMessage): void {
    const life = this.#life;
    if (life.isChecked && writtenEpoch(message.string()) !== life.epoch) life.checkAfresh();
  }

  #tailFailed(cause: Error | undefined): void {
    const reason =
      `refuses this process a consumer: ${cause?.message}. Check the account's max_consumers and permissions. ` +
      "Sluice keeps trying";
    const isFailing = cause !== undefined && !this.#life.isClosed;
    this.#failure = isFailing ? this.#parts.link.error(reason, { cause, outage: TAIL_OUTAGE }) : undefined;
    if (this.#failure !== undefined) this.#life.view.failed(this.#failure);
    this.#onFailure();
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
