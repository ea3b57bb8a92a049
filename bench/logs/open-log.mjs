/**
 * Opens the log that `settings` describe. Without settings it returns `undefined`, which makes Sluice use the memory
 * log. A log's package is loaded only if that log is used.
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
