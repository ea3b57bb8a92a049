import { show } from "../../base/checks/check-option.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import { MAX_EVENT_ID_LENGTH, NEVER_IN_AN_ID, parsePosition } from "../../base/position.ts";
import type { NewEntry } from "../../logs/log.ts";
import { NO_POSITION } from "../event/gap.ts";

/**
 * Checks a publisher's own event ID. A header must carry it unchanged, and it must not look like a position of the
 * current epoch. Throws `INVALID_FIELD`.
 */
export function checkOwnEventId(id: string, epoch: string): void {
  const hasLength = id !== "" && id.length <= MAX_EVENT_ID_LENGTH;
  if (!hasLength || id.trim() !== id || NEVER_IN_AN_ID.test(id) || !id.isWellFormed()) {
    throw new SluiceError(
      "INVALID_FIELD",
      `An event's id must have 1 to ${MAX_EVENT_ID_LENGTH} characters, none of them a control character or a lone ` +
        `surrogate, and no space around it, but is ${show(id)}.`,
    );
  }
  if (id === NO_POSITION || id.startsWith(`${epoch}-`) || parsePosition(id)?.epoch === epoch) {
    throw new SluiceError(
      "INVALID_FIELD",
      `An event's own id must not be "${NO_POSITION}" nor begin with "${epoch}-", as the log's IDs do, ` +
        `but is ${show(id)}.`,
    );
  }
}

/**
 * Returns true if two entries are the same event: equal in everything that a publisher chooses, except the order of
 * topics.
 */
export function isSameEvent(a: NewEntry, b: NewEntry): boolean {
  if (a.type !== b.type || a.json !== b.json || a.retry !== b.retry) return false;
  // Logs keep text as UTF-8, in which a lone surrogate becomes U+FFFD.
  if (a.data !== b.data && a.data.toWellFormed() !== b.data.toWellFormed()) return false;
  const topics = ({ topics = [] }: NewEntry) => JSON.stringify([...topics].sort());
  return (a.topics === undefined) === (b.topics === undefined) && topics(a) === topics(b);
}
