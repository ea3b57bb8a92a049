import type { Feed, FeedContext, SourceContext } from "../../stream/feed.ts";
import type { StreamHub } from "../../stream/stream-hub.ts";
import type { OpenChannel } from "../open-channel.ts";
import type { CombinedSettings } from "./combine-options.ts";
import { formatPart } from "./combined-id.ts";
import { EventTypes } from "./event/event-types.ts";
import { CombinedCohort } from "./feed/combined-cohort.ts";
import { CombinedFeed } from "./feed/combined-feed.ts";
import { type CombinedIterationOptions, CombinedIterator } from "./iteration/combined-iterator.ts";
import type { OpenPart } from "./open-part.ts";

type CombinedItems<Event> = AsyncGenerator<Event, void, undefined>;

/** The code of combinations. It is loaded at the first use of a combination, once for each Sluice. */
export class Combining {
  readonly #hub: StreamHub;
  readonly #cohorts = new Map<string, CombinedCohort>();
  /** The number that stands for a live log or a function in a key. */
  readonly #numbers = new WeakMap<object, number>();
  #lastNumber = 0;

  constructor(hub: StreamHub) {
    this.#hub = hub;
  }

  /** Opens the feed of a stream. Throws or rejects if a part cannot be opened. */
  openFeed(settings: CombinedSettings, context: SourceContext): Feed | Promise<Feed> {
    const feed = (parts: readonly OpenPart[]) =>
      new CombinedFeed(this.#cohortOf(parts, settings), parts, context as FeedContext);
    const opened = openParts(settings);
    return opened instanceof Promise ? opened.then(feed) : feed(opened);
  }

  /** Iterates like a subscriber, at the caller's pace. */
  iterate<Event>(
    settings: CombinedSettings,
    options: Omit<CombinedIterationOptions, "types">,
  ): CombinedItems<Event> | Promise<CombinedItems<Event>> {
    const types = new EventTypes(settings, this.#hub.report);
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

  #cohortOf(parts: readonly OpenPart[], combined: CombinedSettings): CombinedCohort {
    const { types } = combined;
    const typesKey = typeof types === "string" ? types : this.#numberOf(types);
    const channels = parts.map(({ channel }) => this.#numberOf(channel.liveLog));
    const names = parts.map(({ name }) => name);
    // Subscribers of several Sluices may share a channel, but each Sluice has its own numbers of functions.
    const shape = `${this.#hub.name} ${typesKey} ${names.map((name, index) => `${name}=${channels[index]}`).join()}`;
    const known = JSON.stringify([shape, parts.map(({ settings }) => settings.selection.key)]);
    let cohort = this.#cohorts.get(known);
    if (cohort === undefined) {
      const onEmpty = () => void this.#cohorts.delete(known);
      const key = `${this.#hub.name}/${++this.#lastNumber}`;
      cohort = new CombinedCohort({ key, shape, names, types: new EventTypes(combined, this.#hub.report), onEmpty });
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

/** Returns the parts with their open channels, or a promise if a channel is not open yet. */
function openParts(settings: CombinedSettings): readonly OpenPart[] | Promise<readonly OpenPart[]> {
  const { parts } = settings;
  const opened = parts.map(([, subscription]) => subscription.part.channel.open());
  const withChannels = (channels: readonly OpenChannel[]) =>
    parts.map(([name, { part }], index) => ({ name, settings: part.settings, channel: channels[index]! }));
  const isOpen = (channels: typeof opened): channels is OpenChannel[] =>
    !channels.some((channel) => channel instanceof Promise);
  // A channel may close while another one opens. Open it again then.
  return isOpen(opened) ? withChannels(opened) : Promise.all(opened).then(() => openParts(settings));
}
