// @ts-check
/** @typedef {import("sluice").Log} Log */
/** @typedef {import("sluice").ChannelLog} ChannelLog */

/**
 * @typedef {object} Watcher
 * @property {string} channelName the channel to watch
 * @property {readonly string[]} knownEpochs earlier epochs: each life reports which of their positions are still valid
 * @property {(data: string, position: import("../history.mjs").Position) => void} onAppended
 * @property {(epoch: string, holds: Record<string, number>) => void} onLife called for every life of the log
 */

/**
 * Returns the same log, which also reports the position of every appended event and every life that it enters. The ID
 * of an event does not always show its position, because a publisher may choose the ID.
 * @param {Log} log
 * @param {Watcher} watcher
 * @returns {Log}
 */
export function watchLog(log, { channelName, knownEpochs, onAppended, onLife }) {
  const epochs = new Set(knownEpochs);
  /** @param {ChannelLog} channel */
  const reportLife = (channel) => {
    /** @type {Record<string, number>} */
    const holds = {};
    for (const epoch of epochs) {
      const through = epoch === channel.epoch ? undefined : channel.holds(epoch);
      if (through !== undefined) holds[epoch] = through;
    }
    epochs.add(channel.epoch);
    onLife(channel.epoch, holds);
  };

  /** @param {ChannelLog} channel @returns {ChannelLog} */
  const watch = (channel) => {
    reportLife(channel);
    return new Proxy(channel, {
      get(target, name) {
        if (name === "append") {
          return async (/** @type {Parameters<ChannelLog["append"]>[0]} */ entries) => {
            const offsets = await target.append(entries);
            for (const [i, { data }] of entries.entries())
              onAppended(data, { epoch: target.epoch, offset: Number(offsets[i]) });
            return offsets;
          };
        }
        if (name === "tail") {
          return (/** @type {Parameters<ChannelLog["tail"]>[0]} */ listener) =>
            target.tail({
              appended: (entries) => listener.appended(entries),
              trimmed: (first) => listener.trimmed(first),
              reset: () => {
                reportLife(target);
                listener.reset();
              },
            });
        }
        const value = Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  };

  return {
    shared: log.shared,
    open(name, options) {
      const opened = log.open(name, options);
      // Other channels are internal ones of Sluice.
      if (name !== channelName) return opened;
      return opened instanceof Promise ? opened.then(watch) : watch(opened);
    },
    close: () => log.close(),
  };
}
