import type { StreamSubjects } from "../channel-names.ts";
import type { PublisherLog } from "./publisher-log.ts";

/** The stream to which something was sent, and the attempts that the stream may have stored. */
export class Destination {
  readonly subjects: StreamSubjects;
  /** The life of the last attempt. */
  #epoch = "";
  /** Attempts that the server has neither acknowledged nor refused. */
  #open = 0;

  constructor({ subjects }: PublisherLog) {
    this.subjects = subjects;
  }

  /** Records an attempt. */
  sent({ epoch }: PublisherLog): void {
    this.#epoch = epoch;
    this.#open++;
  }

  /** Records that the server has stored nothing of an attempt. */
  refused(): void {
    this.#open--;
  }

  /** Returns true if the log still is in this stream. */
  isCurrent(log: PublisherLog): boolean {
    return log.subjects.all === this.subjects.all;
  }

  /** Returns true if the channel was deleted, and the deleted stream may have stored an attempt. */
  isInDoubt(log: PublisherLog): boolean {
    return this.#open > 0 && log.wasDeleted(this.#epoch);
  }
}

/** Returns the error for an entry that is {@link Destination.isInDoubt}. */
export function inDoubt(): Error {
  return new Error("The channel was deleted before NATS acknowledged the event. NATS may have stored it before.");
}
