import { invalidOption } from "../../base/checks/check-option.ts";
import { isSluiceError } from "../../base/errors/is-sluice-error.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import { onceLoaded } from "../../base/loading/once-loaded.ts";
import { type ChannelLog, entryBytes, type NewEntry, type Retention } from "../../logs/log.ts";
import type { ChannelSettings } from "../channel-options.ts";
import { type DataText, makeEntry, type Publication } from "./new-entry.ts";
import type { Draft } from "./published-event.ts";

/** Maximum number of events of one call. */
const MAX_EVENTS = 1_000;
/** Maximum size of all events of one call, counted by {@link entryBytes}. A single event may be larger. */
const MAX_BYTES = 4 * 1024 * 1024;
/** See {@link ChannelLog.keptBytes}. */
const MAX_GROWTH = 4;

/** The channel to publish to. */
export interface PublishingChannel {
  readonly name: string;
  readonly settings: ChannelSettings;
  readonly closed: boolean;
  open(): EntryPublisher | Promise<EntryPublisher>;
}

interface EntryPublisher {
  publish(entry: NewEntry): Promise<string>;
  publishAll(entries: readonly NewEntry[]): Promise<string[]>;
}

/**
 * Publishes an event. If the channel is open, appends it before it returns, so that the order of the calls holds.
 * Rejects as {@link makeEntry} throws, and with `CLOSED`.
 */
export function publish(channel: PublishingChannel, publication: Publication): Promise<string> {
  // No async function: see `Channel.publish`.
  try {
    mustBeOpen(channel);
    const entry = makeEntry(channel.name, channel.settings, publication);
    return onceLoaded(channel.open(), (open) => open.publish(entry)) as Promise<string>;
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Publishes the events of one call of `channel.publishAll()`. If no schema is asynchronous and the channel is open, it
 * appends them before it returns, so that the order of the calls holds. `drafts` has a {@link Draft} for each event. If
 * the caller gave no array, `drafts` is the given value.
 */
export async function publishAll(channel: PublishingChannel, drafts: unknown): Promise<string[]> {
  if (!Array.isArray(drafts) || drafts.length > MAX_EVENTS)
    throw invalidOption("events", `an array of at most ${MAX_EVENTS} events`, drafts);
  let texts: readonly (DataText | Promise<DataText> | undefined)[] = drafts.map(({ text }: Draft) => text);
  if (texts.some((text) => text instanceof Promise)) {
    const settled = await Promise.allSettled(texts);
    texts = settled.map((text, i) => (text.status === "fulfilled" ? text.value : fail(i, text.reason)));
  }
  mustBeOpen(channel);
  const entries = drafts.map((draft: Draft, i) => atIndex(i, () => entryOf(channel, draft, texts[i] as DataText)));
  checkSize(channel, entries);
  if (entries.length === 0) return [];
  return onceLoaded(channel.open(), (open) => open.publishAll(entries));
}

/** Returns the result of `work` for the event at an index. An error of `work` then names the index. */
export function atIndex<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    return fail(index, error);
  }
}

/** Throws an error of the event at an index. */
function fail(index: number, error: unknown): never {
  if (!isSluiceError(error)) throw error;
  throw new SluiceError(error.code, `events[${index}]: ${error.message}`, { cause: error.cause });
}

function entryOf({ name, settings }: PublishingChannel, { event, error }: Draft, text: DataText | undefined): NewEntry {
  const { type, data: _, ...options } = event;
  // Without a type, the value may be no event at all, and errors of its options and data would mislead.
  if (typeof type !== "string") return makeEntry(name, settings, { type: type!, data: NO_DATA, options: {} });
  if (text === undefined) throw error;
  return makeEntry(name, settings, { type, data: text, options });
}

const NO_DATA: DataText = { text: "", json: false };

/** Throws `CLOSED` if the Sluice is closed. */
export function mustBeOpen({ name, closed }: Pick<PublishingChannel, "name" | "closed">): void {
  if (closed) throw new SluiceError("CLOSED", `Channel "${name}" is closed.`);
}

/** Throws `EVENT_TOO_LARGE` if the events are too large for one append, or if the channel would not keep them all. */
function checkSize({ name, settings }: PublishingChannel, entries: readonly NewEntry[]): void {
  if (entries.length < 2) return;
  const size = sizeOf(entries);
  mustBeKept(name, settings.retain, entries.length, size);
  if (size > MAX_BYTES) {
    throw new SluiceError(
      "EVENT_TOO_LARGE",
      `The ${entries.length} events to publish at once have ${size} bytes, with the overhead of each; the limit is ` +
        `${MAX_BYTES}. Publish fewer at once.`,
    );
  }
}

/** Throws `EVENT_TOO_LARGE` if the log would not keep all of the entries, since it counts more bytes for them. */
export function checkKeptBytes(name: string, retain: Retention, log: ChannelLog, entries: readonly NewEntry[]): void {
  if (log.keptBytes === undefined || sizeOf(entries) * MAX_GROWTH <= retain.bytes) return;
  mustBeKept(name, retain, entries.length, log.keptBytes(entries));
}

/** Throws `EVENT_TOO_LARGE` if a channel does not keep so many events of so many bytes in all. */
function mustBeKept(name: string, { events, bytes }: Retention, count: number, size: number): void {
  if (count <= events && size <= bytes) return;
  throw new SluiceError(
    "EVENT_TOO_LARGE",
    `Channel "${name}" keeps at most ${events} events and ${bytes} bytes (\`retain\`), less than the ` +
      `${count} events of ${Math.ceil(size)} bytes to publish at once. Publish fewer at once, or keep more.`,
  );
}

function sizeOf(entries: readonly NewEntry[]): number {
  return entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
}
