// @ts-check
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @typedef {import("./store.d.mts").Store} Store */

/**
 * Makes a store that is a folder. The nodes have it open, so they must not run during `start` and `snapshot`.
 * @returns {Promise<Store>}
 */
export async function startLmdbStore() {
  const folder = await mkdtemp(join(tmpdir(), "sluice-chaos-"));
  const path = join(folder, "data");
  const copy = join(folder, "copy");
  /** @type {Store} */
  const store = {
    kind: "lmdb",
    isServer: false,
    proxies: [],
    mapSize: undefined,
    options: () => (store.mapSize === undefined ? { path } : { path, mapSize: store.mapSize }),
    kill: async () => {},
    async start(data) {
      if (data === "kept") return;
      await rm(path, { recursive: true, force: true });
      if (data === "behind") await cp(copy, path, { recursive: true }).catch(() => {});
    },
    pause() {},
    resume() {},
    async snapshot() {
      await rm(copy, { recursive: true, force: true });
      await cp(path, copy, { recursive: true });
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  };
  return store;
}
