// @ts-check
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** @typedef {import("./store.d.mts").Store} Store */

/**
 * A folder. Its processes are the nodes themselves, so that whoever calls `start` and `snapshot` sees to it that they stand still.
 * @returns {Promise<Store>}
 */
export async function startLmdbStore() {
  const folder = await mkdtemp(join(tmpdir(), "sluice-chaos-"));
  const path = join(folder, "data");
  const kept = join(folder, "kept");
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
      if (data === "behind") await cp(kept, path, { recursive: true }).catch(() => {});
    },
    pause() {},
    resume() {},
    async snapshot() {
      await rm(kept, { recursive: true, force: true });
      await cp(path, kept, { recursive: true });
    },
    stop: () => rm(folder, { recursive: true, force: true }),
  };
  return store;
}
