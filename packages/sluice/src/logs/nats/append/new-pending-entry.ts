import type { NewEntry } from "../../log.ts";
import { entryText } from "../../shared/entry-text.ts";
import type { PendingEntry } from "./pending-entries.ts";

/** An entry to publish. */
interface Publication extends Pick<PendingEntry, "epoch" | "number" | "resolve" | "reject"> {
  readonly given: NewEntry;
  /** Time for NATS to acknowledge the entry, in ms. */
  readonly timeout: number;
}

/** Returns an entry that has yet to be sent. */
export function newPendingEntry({ given, epoch, number, timeout, resolve, reject }: Publication): PendingEntry {
  const entry = wellFormed(given);
  const time = Date.now();
  const text = entryText(entry, time);
  return {
    entry,
    time,
    destination: undefined,
    expect: undefined,
    text,
    chars: text.length,
    isBarrier: false,
    epoch,
    number,
    deadline: performance.now() + timeout,
    resolve,
    reject,
    attempts: 0,
    after: 0,
    firstSentAt: 0,
    order: 0,
    sentAt: 0,
  };
}

/** Returns an entry as NATS returns it: UTF-8 cannot represent a lone surrogate. */
export function wellFormed(entry: NewEntry): NewEntry {
  return entry.data.isWellFormed() ? entry : { ...entry, data: entry.data.toWellFormed() };
}
