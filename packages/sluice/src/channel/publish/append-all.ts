import { show } from "../../base/checks/check-option.ts";
import { outside } from "../../base/context/async-context.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import type { Position } from "../../base/position.ts";
import type { ChannelLog, NewEntry } from "../../logs/log.ts";
import { askLog } from "../log-failed.ts";
import { type EventsInReach, eventAt } from "../read/live/event-at.ts";
import { checkOwnEventId, isSameEvent } from "./own-event-id.ts";
import { atIndex } from "./publishing.ts";

/** The channel to whose log entries are appended. */
export interface AppendTarget {
  /** Name of the channel. */
  readonly name: string;
  readonly log: ChannelLog;
  readonly liveLog: EventsInReach;
}

/** Offsets in one life of the log. */
export interface Appended {
  readonly epoch: string;
  readonly offsets: readonly number[];
}

/**
 * Appends entries, all or none. Resolves to the offset of each. An entry whose own ID the log still holds is not
 * appended again. The second of two entries with the same own ID is not appended either.
 *
 * Rejects with `INVALID_FIELD` if an own ID is invalid, with `ID_CONFLICT` if an own ID belongs to a different event in
 * the log or in the list, and with `LOG_FAILED`. Except for `LOG_FAILED`, it then has appended nothing.
 */
export async function appendAll(target: AppendTarget, entries: readonly NewEntry[]): Promise<Appended> {
  const { name, log, liveLog } = target;
  const firstWithId = new Map<string, number>();
  /** For each entry, the index of the first entry that is the same event. */
  const same = entries.map((entry, i) => atIndex(i, () => firstOf(entry, i)));
  const offsets: number[] = entries.map(() => 0);
  let epoch = "";
  for (let left = [...new Set(same)]; left.length > 0; left = left.filter((i) => offsets[i] === 0)) {
    const append = async () => {
      const found = await log.append(left.map((i) => entries[i]!));
      // Take the epoch now: a new life may begin at any time.
      epoch = log.epoch;
      return found;
    };
    const found = await askLog(name, "append events", outside(append));
    for (const [k, i] of left.entries()) offsets[i] = found[k]!;
    // If the log holds an event with one of the IDs, it has appended nothing. Then try again without the event.
    for (const i of left) {
      if (entries[i]!.id === undefined || offsets[i] === 0) continue;
      await checkKeptEvent(target, entries[i]!, { epoch, offset: offsets[i]! }).catch((error) =>
        atIndex(i, () => {
          throw error;
        }),
      );
    }
  }
  return { epoch, offsets: same.map((i) => offsets[i]!) };

  function firstOf(entry: NewEntry, index: number): number {
    if (entry.id === undefined) return index;
    checkOwnEventId(entry.id, liveLog.epoch);
    const first = firstWithId.get(entry.id);
    if (first === undefined) firstWithId.set(entry.id, index);
    else if (!isSameEvent(entries[first]!, entry)) throw conflict(`events[${first}] is`, entry.id);
    return first ?? index;
  }
}

/**
 * Compares an entry that has an own ID with the event that the log holds at the position of that ID. Only an equal
 * event is a repetition. Rejects with `ID_CONFLICT` and `LOG_FAILED`.
 */
export async function checkKeptEvent(
  { name, log, liveLog }: AppendTarget,
  entry: NewEntry,
  { epoch, offset }: Position,
): Promise<void> {
  const id = entry.id as string;
  const find = async () => {
    // If a new life began meanwhile, the offset may mean another event.
    const at = epoch === log.epoch ? offset : await log.positionOf(id);
    return at === undefined ? undefined : eventAt(liveLog, at);
  };
  const kept = await askLog(name, "read an event", outside(find));
  if (kept !== undefined && kept.entry.id === id && !isSameEvent(kept.entry, entry))
    throw conflict(`Channel "${name}" keeps`, id);
}

function conflict(owner: string, id: string): SluiceError {
  return new SluiceError(
    "ID_CONFLICT",
    `${owner} a different event with the ID ${show(id)}. Publish with another ID, or repeat the event with the same ` +
      "type, data, topics and retry.",
  );
}
