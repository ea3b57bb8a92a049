// @ts-check
/** @typedef {import("sluice").Log} Log */
/** @typedef {import("sluice").ChannelLog} ChannelLog */

/**
 * @typedef {object} Watcher
 * @property {Readonly<Record<string, readonly string[]>>} channels the channels to watch, each with its known earlier
 * epochs. For each of these, a life reports which positions are still valid.
 * @property {(channel: string, data: string, position: import("../history.mjs").Position) => void} onAppended
 * @property {(life: EnteredLife) => void} onLife called for every life of a channel's log
 *
 * @typedef {object} EnteredLife
 * @property {string} channel
 * @property {string} epoch
 * @property {Record<string, number>} holds see `LifeSeen`
 * @property {boolean} isOpening true if the process opened the log, false if it went on from an earlier life
 */

/** The offset up to which positions of a known epoch are valid if none is. */
const NONE = -1;

/**
 * Returns the same log, which also reports the position of every appended event and every life that it enters. The ID
 * of an event does not always show its position, because a publisher may choose the ID.
 * @param {Log} log
 * @param {Watcher} watcher
 * @returns {Log}
 */
export function watchLog(log, { channels, onAppended, onLife }) {
  const known = new Map(Object.entries(channels).map(([name, epochs]) => [name, new Set(epochs)]));

  /** @param {string} name @param {Set<string>} epochs @param {ChannelLog} channel @returns {ChannelLog} */
  const watch = (name, epochs, channel) => {
    const reportLife = (isOpening = false) => {
      const { epoch } = channel;
      const holds = [...epochs].filter((earlier) => earlier !== epoch);
      epochs.add(epoch);
      const held = Object.fromEntries(holds.map((earlier) => [earlier, channel.holds(earlier) ?? NONE]));
      onLife({ channel: name, epoch, holds: held, isOpening });
    };
    /** @type {Pick<ChannelLog, "append" | "tail">} */
    const watched = {
      append(entries) {
        const appended = channel.append(entries);
        // Not awaited: Sluice, too, reads the epoch in the turn in which the promise resolves.
        appended.then(
          (offsets) => {
            for (const [i, { data }] of entries.entries())
              onAppended(name, data, { epoch: channel.epoch, offset: Number(offsets[i]) });
          },
          () => {},
        );
        return appended;
      },
      tail: (listener) =>
        channel.tail({
          appended: (entries, isBehind) => listener.appended(entries, isBehind),
          trimmed: (first) => listener.trimmed(first),
          reset() {
            reportLife();
            listener.reset();
          },
          failed: (error) => listener.failed?.(error),
          isNeeded: () => listener.isNeeded?.() ?? true,
        }),
    };
    reportLife(true);
    return new Proxy(channel, {
      get(target, property) {
        if (property === "append" || property === "tail") return watched[property];
        const value = Reflect.get(target, property, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };

  return {
    shared: log.shared,
    open(name, options) {
      const opened = log.open(name, options);
      const epochs = known.get(name);
      // Other channels are internal ones of Sluice.
      if (epochs === undefined) return opened;
      return opened instanceof Promise
        ? opened.then((channel) => watch(name, epochs, channel))
        : watch(name, epochs, opened);
    },
    close: () => log.close(),
  };
}
