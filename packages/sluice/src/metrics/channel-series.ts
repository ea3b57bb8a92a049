import type { MeasuredChannel, MeasuredStats } from "./measured.ts";

/** Label of all channels without series of their own. */
const OTHER = "other";

/** The figures of one value of the label `channel`. */
export interface ChannelSeries {
  readonly channel: string;
  /** Events published to the channel in this process, in total: also before it closed and was opened again. */
  readonly published: number;
  /** Its current figures; `undefined` if the channel is closed. */
  readonly stats: MeasuredChannel | undefined;
}

/** Events published to a channel. */
interface Published {
  /** In its earlier lives in this process. */
  before: number;
  /** Since it was opened, at the last scrape. */
  now: number;
}

/**
 * Chooses the channels that have a value of the label `channel`, and keeps them: a counter must never go down. Their
 * number is bounded.
 */
export class ChannelLabels {
  readonly #isChosen: (name: string) => boolean;
  readonly #limit: number;
  readonly #labelled = new Map<string, Published>();

  constructor(isChosen: (name: string) => boolean, limit: number) {
    this.#isChosen = isChosen;
    this.#limit = limit;
  }

  /** Returns true if a channel has series of its own. The first calls decide which channels do. */
  has(name: string): boolean {
    if (this.#labelled.has(name)) return true;
    if (name === OTHER || this.#labelled.size >= this.#limit || !this.#isChosen(name)) return false;
    this.#labelled.set(name, { before: 0, now: 0 });
    return true;
  }

  /** Returns the series of a scrape. */
  seriesOf({ channels, otherChannels, published, channelCount = 0 }: MeasuredStats): ChannelSeries[] {
    const shown = Object.keys(channels).filter((name) => this.has(name)).length;
    const series: ChannelSeries[] = [];
    let ofOthers = published;
    for (const [channel, total] of this.#labelled) {
      const stats = Object.hasOwn(channels, channel) ? channels[channel] : undefined;
      const now = stats?.published ?? 0;
      // The channel closed since the last scrape, and counts anew.
      if (now < total.now) total.before += total.now;
      total.now = now;
      series.push({ channel, published: total.before + now, stats });
      ofOthers -= total.before + now;
    }
    const hasOthers = ofOthers > 0 || channelCount > shown;
    if (this.#labelled.size >= this.#limit && hasOthers)
      series.push({ channel: OTHER, published: Math.max(0, ofOthers), stats: otherChannels });
    return series;
  }
}
