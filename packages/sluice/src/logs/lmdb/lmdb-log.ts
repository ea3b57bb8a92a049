import { checkNames, checkNumber, invalidOption } from "../../base/check-option.ts";
import { loadPackage } from "../../base/load-package.ts";
import type { ChannelLog, Log, OpenOptions } from "../log.ts";
import { closedError } from "../shared/closed-error.ts";
import { LmdbChannelLog } from "./lmdb-channel.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";
import { CHANNEL_LIST } from "./lmdb-keys.ts";
import { LmdbStore } from "./lmdb-store.ts";
import { LmdbWake } from "./lmdb-wake.ts";
import { LmdbWriter } from "./lmdb-writer.ts";

const { open: openLmdb } = await loadPackage("lmdb", "sluice/lmdb", () => import("lmdb"));

/** Where and how `lmdbLog` keeps events. */
export interface LmdbLogOptions {
  /** The folder, on a disk of this machine (no network file system); made where there is none. Several processes may share it. */
  readonly path: string;
  /**
   * Bytes of the file that all channels together may have in use; who publishes beyond it is told `LOG_FAILED`, and nothing is lost. At least
   * 1 MiB. Default: `Infinity`, as much as the disk has. The file itself can be larger by what trimming has freed and not yet used again.
   */
  readonly mapSize?: number;
}

const SMALLEST_MAP_BYTES = 1024 * 1024;

/**
 * Keeps events in LMDB, in a folder that several processes of one machine may share. `publish` resolves when the event is on disk: a crash of
 * the process or of the machine loses nothing that was acknowledged. A folder that was copied or restored from a backup is recognised; who was
 * there before is told of a gap.
 *
 * Opening a channel, and publishing, reject with `LOG_FAILED` where the folder cannot be used, the disk is full, or another process stopped in
 * mid-commit. Importing this module without the package `lmdb` rejects with `MISSING_PACKAGE`.
 *
 * @throws {SluiceError} `INVALID_OPTION`
 */
export function lmdbLog(options: LmdbLogOptions): Log {
  checkNames("lmdbLog", options, ["path", "mapSize"]);
  const { path } = options;
  if (typeof path !== "string" || path === "" || path.includes("\0")) {
    throw invalidOption("path", "the path of a folder", path);
  }
  const rule = { min: SMALLEST_MAP_BYTES, infinite: true, unit: "bytes" };
  const maxBytes = checkNumber("mapSize", options.mapSize, Number.POSITIVE_INFINITY, rule);
  return new LmdbLog(path, maxBytes);
}

class LmdbLog implements Log {
  readonly shared: boolean = true;
  readonly #path: string;
  readonly #maxBytes: number;
  #folder: LmdbFolder | undefined;
  readonly #channels = new Set<LmdbChannelLog>();
  #closing: Promise<void> | undefined;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
  }

  async open(name: string, { retain, onError }: OpenOptions): Promise<ChannelLog> {
    if (this.#closing !== undefined) throw closedError();
    this.#folder ??= this.#openFolder();
    const folder = this.#folder;
    const number = await enter(folder, name);
    if (this.#closing !== undefined) throw closedError();
    folder.store.renew();
    const log = new LmdbChannelLog(folder, number, retain, onError);
    this.#channels.add(log);
    log.trimToRetention();
    return log;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #openFolder(): LmdbFolder {
    const store = new LmdbStore(openLmdb, this.#path);
    const wake = new LmdbWake(store, this.#path, () => {
      for (const channel of this.#channels) {
        if (channel.isClosed) this.#channels.delete(channel);
        else channel.follow();
      }
    });
    return { store, writer: new LmdbWriter(store), wake, maxBytes: this.#maxBytes };
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#channels].map((channel) => channel.close()));
    const folder = this.#folder;
    if (folder === undefined) return;
    const isIdle = await folder.writer.isIdle();
    folder.wake.close();
    // One that is stuck is left to the end of the process: closing would wait for it.
    if (isIdle) await folder.store.close();
  }
}

/** The number of a channel, which is in a life of this file then. */
async function enter({ store, writer }: LmdbFolder, name: string): Promise<number> {
  store.renew();
  const known = store.channelNumber(name);
  if (known === undefined) {
    return writer.run(CHANNEL_LIST, () => {
      const number = store.channelNumber(name) ?? store.addChannel(name);
      store.enterLife(number);
      return number;
    });
  }
  if (!store.isEntered(known)) await writer.run(known, () => store.enterLife(known));
  return known;
}
