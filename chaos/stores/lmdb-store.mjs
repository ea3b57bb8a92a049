// @ts-check
import { existsSync } from "node:fs";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
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
  let moved = 0;
  // After a loss, no node may have created the folder yet.
  const snapshot = async () => {
    await rm(copy, { recursive: true, force: true });
    if (existsSync(path)) await cp(path, copy, { recursive: true });
  };
  const remove = async () => {
    if (existsSync(path)) await rename(path, join(folder, `moved-${++moved}`));
  };
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
    snapshot,
    older: {
      copy: snapshot,
      async restore() {
        if (!existsSync(copy)) return;
        await remove();
        await rename(copy, path);
      },
    },
    remove,
    stop: () => rm(folder, { recursive: true, force: true }),
  };
  return store;
}
