import type { Position } from "../../../base/position.ts";
import type { NewEntry } from "../../log.ts";
import { newEpoch } from "../../shared/life/epoch.ts";
import type { ChannelNames } from "../channel-names.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { messageIdOf } from "../message-id.ts";
import { EntrySender } from "./entry-sender.ts";
import { expiryError } from "./expiry-error.ts";
import { type BatchPosition, NatsBatch } from "./nats-batch.ts";
import { newPendingEntry, wellFormed } from "./new-pending-entry.ts";
import { PendingEntries, type PendingEntry } from "./pending-entries.ts";
import type { PublisherLog } from "./publisher-log.ts";

/** Options of {@link NatsPublisher}. */
export interface NatsPublisherOptions {
  readonly link: NatsLink;
  readonly names: ChannelNames;
  readonly log: PublisherLog;
  /** Time for NATS to acknowledge an entry, over all attempts, in ms. */
  readonly timeout: number;
  /** Time for which NATS recognises a message ID, in ms. */
  readonly recognisedMs: number;
}

/**
 * Publishes entries in the order of the calls, without waiting for an answer before the next. After a broken connection
 * and a new check of the log, it resends all unanswered entries in the same order. NATS stores none twice: it
 * recognises the message ID, or finds the publisher's own ID. An entry without an answer in time rejects.
 */
export class NatsPublisher {
  readonly #options: NatsPublisherOptions;
  readonly #pending: PendingEntries<PendingEntry | NatsBatch>;
  readonly #sender: EntrySender;
  /** Identifies this publisher in message IDs. */
  readonly #name = newEpoch();
  #count = 0;

  constructor(options: NatsPublisherOptions) {
    const { timeout, log } = options;
    this.#options = options;
    this.#pending = new PendingEntries({
      timeout,
      isReady: () => {
        // After the check, the log calls `sendAll`.
        if (!log.isChecked) log.invalidate();
        return log.isChecked;
      },
      send: (pending) => (pending.isBarrier ? pending.send() : this.#sender.send(pending)),
      expired: (entry) => this.#expire(entry),
    });
    this.#sender = new EntrySender({
      ...options,
      publisher: this.#name,
      isPending: (entry) => this.#pending.has(entry),
      settled: (entry) => this.#pending.remove(entry),
    });
  }

  /** Publishes an entry. Resolves to its position. */
  publish(given: NewEntry): Promise<Position> {
    const { log, timeout } = this.#options;
    const { epoch } = log;
    return new Promise((resolve, reject) => {
      this.#pending.add(newPendingEntry({ given, epoch, number: this.#count++, timeout, resolve, reject }));
    });
  }

  /**
   * Publishes several entries, all or none. Later entries wait for the answer, so that they cannot come before entries
   * that have to be sent again.
   */
  publishAll(entries: readonly NewEntry[]): Promise<BatchPosition> {
    const { link, names, log, timeout, recognisedMs } = this.#options;
    return new Promise((resolve, reject) => {
      const batch = new NatsBatch(entries.map(wellFormed), {
        link,
        names,
        log,
        timeout,
        recognisedMs,
        newName: () => messageIdOf(log.epoch, this.#name, this.#count++),
        isPending: (pending) => this.#pending.has(pending),
        postponed: () => this.#pending.answered(),
        resolve: (position) => {
          this.#pending.remove(batch);
          resolve(position);
        },
        reject: (error) => {
          this.#pending.remove(batch);
          reject(error);
        },
      });
      this.#pending.add(batch);
    });
  }

  /** Sends all entries that NATS has not acknowledged. */
  sendAll(): void {
    this.#pending.sendAll();
  }

  /** Rejects all entries that NATS has not acknowledged. */
  close(error: Error): void {
    for (const pending of this.#pending.clear()) pending.reject(error);
  }

  #expire(pending: PendingEntry | NatsBatch): void {
    const { link, log, timeout } = this.#options;
    pending.reject(expiryError(link, timeout, log.failure, pending.isBarrier && pending.isOutpaced));
  }
}
