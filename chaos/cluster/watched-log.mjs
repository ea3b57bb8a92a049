// @ts-check
/** @typedef {import("sluice").Log} Log */
/** @typedef {import("sluice").ChannelLog} ChannelLog */

/**
 * The same log, which tells besides where it put what it appended, and of each life it is in. An event with an ID of its publisher's own
 * has no position that anybody else could see.
 *
 * @param {Log} log
 * @param {string} channelName the channel to watch
 * @param {object} watcher
 * @param {(data: string, epoch: string, offset: number) => void} watcher.appended
 * @param {(epoch: string, holds: Record<string, number>) => void} watcher.lives
 * @param {readonly string[]} knownEpochs of which to ask each life what it still holds
 * @returns {Log}
 */
export function watchLog(log, channelName, watcher, knownEpochs) {
  const epochs = new Set(knownEpochs);
  /** @param {ChannelLog} channel */
  const tellLife = (channel) => {
    /** @type {Record<string, number>} */
    const holds = {};
    for (const epoch of epochs) {
      const through = epoch === channel.epoch ? undefined : channel.holds(epoch);
      if (through !== undefined) holds[epoch] = through;
    }
    epochs.add(channel.epoch);
    watcher.lives(channel.epoch, holds);
  };

  /** @param {ChannelLog} channel @returns {ChannelLog} */
  const watch = (channel) => {
    tellLife(channel);
    return new Proxy(channel, {
      get(target, name) {
        if (name === "append") {
          return async (/** @type {Parameters<ChannelLog["append"]>[0]} */ entries) => {
            const offsets = await target.append(entries);
            for (const [i, { data }] of entries.entries()) watcher.appended(data, target.epoch, Number(offsets[i]));
            return offsets;
          };
        }
        if (name === "tail") {
          return (/** @type {Parameters<ChannelLog["tail"]>[0]} */ listener) =>
            target.tail({
              appended: (entries) => listener.appended(entries),
              trimmed: (first) => listener.trimmed(first),
              reset: () => {
                tellLife(target);
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
      // A Sluice keeps channels of its own on a shared log.
      if (name !== channelName) return opened;
      return opened instanceof Promise ? opened.then(watch) : watch(opened);
    },
    close: () => log.close(),
  };
}
