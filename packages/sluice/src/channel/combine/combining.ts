import type { Feed, FeedContext, SourceContext } from "../../stream/feed.ts";
import type { StreamHub } from "../../stream/stream-hub.ts";
import type { OpenChannel } from "../open-channel.ts";
import type { CombinedSettings, CombinedTypes } from "./combine-options.ts";
import { CombinedCohort } from "./combined-cohort.ts";
import { CombinedFeed } from "./combined-feed.ts";
import { formatPart } from "./combined-id.ts";
import { type CombinedIterationOptions, CombinedIterator } from "./combined-iterator.ts";
import { EventTypes } from "./event-types.ts";
import type { OpenPart } from "./open-part.ts";

type CombinedItems<Event> = AsyncGenerator<Event, void, undefined>;

/** Combines channels. Loaded at the first use of a combination, once for each Sluice. */
export class Combining {
  readonly #hub: StreamHub;
  readonly #cohorts = new Map<string, CombinedCohort>();
  /** Numbers of live logs and of functions, for keys. */
  readonly #numbers = new WeakMap<object, number>();
  #lastNumber = 0;

  constructor(hub: StreamHub) {
    this.#hub = hub;
  }

  /** Opens the feed of a stream. Throws or rejects if a part cannot be opened. */
  openFeed(settings: CombinedSettings, context: SourceContext): Feed | Promise<Feed> {
    const feed = (parts: readonly OpenPart[]) =>
      new CombinedFeed(this.#cohortOf(parts, settings.types), parts, context as FeedContext);
    const opened = openParts(settings);
    return opened instanceof Promise ? opened.then(feed) : feed(opened);
  }

  /** Iterates like a subscriber with this last event ID, at the caller's pace. */
  iterate<Event>(
    settings: CombinedSettings,
    options: Omit<CombinedIterationOptions, "types">,
  ): CombinedItems<Event> | Promise<CombinedItems<Event>> {
    const types = new EventTypes(settings.types, this.#hub.report);
    const iterate = (parts: readonly OpenPart[]) =>
      new CombinedIterator(parts, { ...options, types }) as AsyncGenerator<unknown> as AsyncGenerator<
        Event,
        void,
        undefined
      >;
    const opened = openParts(settings);
    return opened instanceof Promise ? opened.then(iterate) : iterate(opened);
  }

  /** Resolves to the position of the newest events of all parts. */
  async position(settings: CombinedSettings): Promise<string> {
    const parts = await openParts(settings);
    return parts.map(({ name, channel }) => formatPart(name, channel.position)).join("~");
  }

  #cohortOf(parts: readonly OpenPart[], types: CombinedTypes): CombinedCohort {
    const typesKey = typeof types === "string" ? types : this.#numberOf(types);
    const channels = parts.map(({ channel }) => this.#numberOf(channel.liveLog));
    const names = parts.map(({ name }) => name);
    // Subscribers of several Sluices may share a channel. Each Sluice numbers functions for itself.
    const shape = `${this.#hub.name} ${typesKey} ${names.map((name, index) => `${name}=${channels[index]}`).join()}`;
    const known = JSON.stringify([shape, parts.map(({ settings }) => settings.selection.key)]);
    let cohort = this.#cohorts.get(known);
    if (cohort === undefined) {
      const onEmpty = () => void this.#cohorts.delete(known);
      const key = `${this.#hub.name}/${++this.#lastNumber}`;
      cohort = new CombinedCohort({ key, shape, names, types: new EventTypes(types, this.#hub.report), onEmpty });
      this.#cohorts.set(known, cohort);
    }
    return cohort;
  }

  #numberOf(object: object): number {
    let number = this.#numbers.get(object);
    if (number === undefined) this.#numbers.set(object, (number = ++this.#lastNumber));
    return number;
  }
}

/** Returns the parts with their open channels; a promise while one of them is being opened. */
function openParts(settings: CombinedSettings): readonly OpenPart[] | Promise<readonly OpenPart[]> {
  const { parts } = settings;
  const opened = parts.map(([, subscription]) => subscription.part.channel.open());
  const withChannels = (channels: readonly OpenChannel[]) =>
    parts.map(([name, { part }], index) => ({ name, settings: part.settings, channel: channels[index]! }));
  const isOpen = (channels: typeof opened): channels is OpenChannel[] =>
    !channels.some((channel) => channel instanceof Promise);
  // A channel may close while another one is being opened: then open it again.
  return isOpen(opened) ? withChannels(opened) : Promise.all(opened).then(() => openParts(settings));
}
