import { outside } from "../../base/context/async-context.ts";
import type { Position } from "../../base/position.ts";
import type { NewEntry, Retention } from "../../logs/log.ts";
import type { Outages } from "../../stream/stream-hub.ts";
import { logError } from "../log-failed.ts";
import { type AppendTarget, appendAll, checkKeptEvent } from "./append-all.ts";
import { checkOwnEventId } from "./own-event-id.ts";
import type { PublishedEvents } from "./published-events.ts";
import { checkKeptBytes } from "./publishing.ts";

/** Parts of a {@link ChannelPublisher}. */
export interface ChannelPublisherParts {
  readonly target: AppendTarget;
  readonly retain: Retention;
  readonly outages: Outages;
  /** Counts the events that the log did not have before. */
  readonly published: PublishedEvents;
}

/** Publishes checked entries to a channel whose log is open. */
export class ChannelPublisher {
  readonly #target: AppendTarget;
  readonly #retain: Retention;
  readonly #outages: Outages;
  readonly #published: PublishedEvents;

  constructor({ target, retain, outages, published }: ChannelPublisherParts) {
    this.#target = target;
    this.#retain = retain;
    this.#outages = outages;
    this.#published = published;
  }

  /**
   * Appends an entry. Resolves to its event ID. Throws `INVALID_FIELD` if the entry's own ID is invalid, and rejects
   * with `ID_CONFLICT` if the channel keeps a different event with this ID.
   */
  publish(entry: NewEntry): Promise<string> {
    const { name, log, liveLog } = this.#target;
    if (entry.id !== undefined) checkOwnEventId(entry.id, liveLog.epoch);
    const { epoch } = log;
    const { failures } = this.#outages;
    return outside(() => log.append([entry])).then(
      ([offset]) => {
        this.#outages.succeeded(name, failures);
        // Take the epoch now: a new life may begin before the caller continues.
        return entry.id === undefined
          ? this.#published.add(log.epoch, offset!)
          : this.#appendedOwn(entry, { epoch, offset: offset! });
      },
      (cause) => {
        throw logError(name, "append an event", cause);
      },
    );
  }

  /** Appends entries, all or none. Resolves to their event IDs. Rejects as {@link appendAll} does. */
  async publishAll(entries: readonly NewEntry[]): Promise<string[]> {
    const { name, log } = this.#target;
    if (entries.length > 1) checkKeptBytes(name, this.#retain, log, entries);
    const { failures } = this.#outages;
    const { epoch, offsets } = await appendAll(this.#target, entries);
    this.#outages.succeeded(name, failures);
    return entries.map(({ id }, i) => {
      const eventId = this.#published.add(epoch, offsets[i]!);
      return id ?? eventId;
    });
  }

  /** The log may have had an event with this ID. Only the same event is a repetition. */
  async #appendedOwn(entry: NewEntry, position: Position): Promise<string> {
    await checkKeptEvent(this.#target, entry, position);
    this.#published.add(this.#target.log.epoch, position.offset);
    return entry.id as string;
  }
}
