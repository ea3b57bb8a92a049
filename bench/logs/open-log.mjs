/**
 * The log that `settings` tell of; `undefined`, which is the memory log, without them. Each package is loaded only where it is used.
 * @param {import("./store.mjs").LogSettings | undefined} settings
 * @returns {Promise<any>}
 */
export async function openLog(settings) {
  const options = /** @type {any} */ (settings?.options);
  switch (settings?.kind) {
    case undefined:
      return undefined;
    case "lmdb":
      return (await import("sluice/lmdb")).lmdbLog(options);
    case "redis":
      return (await import("sluice/redis")).redisLog(options);
    case "nats":
      return (await import("sluice/nats")).natsLog(options);
  }
}
