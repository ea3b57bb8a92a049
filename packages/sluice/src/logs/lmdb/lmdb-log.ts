import type { open as Open } from "lmdb";
import { checkNames, checkNumber, invalidOption } from "../../base/checks/check-option.ts";
import { loadPackage } from "../../base/loading/load-package.ts";
import type { ChannelLog, Log, OpenOptions } from "../log.ts";
import { HeldBytes } from "../shared/bounds/held-bytes.ts";
import { closedError } from "../shared/failures/closed-error.ts";
import { seenEnd } from "../shared/life/life.ts";
import { ClosedChannels, seenBefore } from "../shared/view/closed-channels.ts";
import type { Changed } from "./commit-tracker.ts";
import { CurrentFolder } from "./current-folder.ts";
import { LmdbChannelLife } from "./lmdb-channel-life.ts";
import { LmdbChannelLog } from "./lmdb-channel-log.ts";
import type { LmdbFolder } from "./lmdb-folder.ts";
import { ReadTurns } from "./read-turns.ts";

/** Options of {@link lmdbLog}. */
export interface LmdbLogOptions {
  /**
   * Folder of the data, on a disk of this machine, not on a network file system. Created if it does not exist. Several
   * processes may share it, also in several containers if those share one PID namespace. Required.
   */
  readonly path: string;
  /**
   * Maximum number of bytes of the data file that all channels together use, at least 1 MiB. Beyond it, `publish`
   * rejects with `LOG_FAILED`, and the events already kept stay. The file itself can be larger, by space that trimming
   * has freed and no event has reused yet. Default: `Infinity`, as much as the disk has.
   */
  readonly mapSize?: number;
}

const SMALLEST_MAP_BYTES = 1024 * 1024;

/**
 * Returns a log that keeps events in LMDB, in a folder that several processes of one machine may share. `publish`
 * resolves when the event is on disk: a crash of the process or of the machine loses no acknowledged event.
 *
 * The log recognises a folder that was copied or restored from a backup. A subscriber that resumes from a position in
 * the original receives a gap.
 *
 * Opening a channel and publishing reject with `LOG_FAILED` if the folder cannot be used, if another container has it
 * open, if the disk is full, or if another process stopped during a commit. They reject with `MISSING_PACKAGE` if the
 * package `lmdb` is not installed.
 *
 * ```ts
 * const sluice = createSluice({ log: lmdbLog({ path: "./data" }) });
 * ```
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
  readonly #folder: CurrentFolder;
  /** The open channels, by their number in the folder. */
  #channels = new Map<number, LmdbChannelLog>();
  readonly #turns = new ReadTurns();
  readonly #held = new HeldBytes();
  /** Each with {@link #losses} at the time when it was closed. */
  readonly #closedChannels = new ClosedChannels<number>();
  /** Number of times that the open files of the folder were lost. */
  #losses = 0;
  #closing: Promise<void> | undefined;

  constructor(path: string, maxBytes: number) {
    this.#path = path;
    this.#maxBytes = maxBytes;
    this.#folder = new CurrentFolder({
      path,
      maxBytes,
      load: loadLmdb,
      onCommit: (changed) => this.#changed(changed),
      onLost: (error) => {
        this.#losses++;
        for (const channel of this.#channels.values()) channel.lost(error);
      },
      moveTo: (folder) => this.#moveTo(folder),
    });
  }

  async open(name: string, { retain, onError }: OpenOptions): Promise<ChannelLog> {
    this.#checkOpen();
    const folder = await this.#folder.get();
    let channel: number;
    // Another process may delete the channel before this one has read its life.
    const closed = this.#closedChannels.recall(name);
    const known = closed && seenBefore(closed);
    // If the files that this process had open are at the path again, they are of an earlier time.
    const before = known && (closed.mark === this.#losses ? known : seenEnd(known));
    do channel = await folder.enterChannel(name, before);
    while (!folder.store.hasChannel(channel));
    this.#checkOpen();
    const onMoved = (from: number) => {
      if (this.#channels.get(from) === log) this.#channels.delete(from);
      this.#channels.set(log.channel, log);
    };
    const life = new LmdbChannelLife({ name, place: { folder, channel }, held: this.#held, before, onMoved });
    this.#closedChannels.forget(name);
    const onClosed = () => this.#closed(log);
    const log: LmdbChannelLog = new LmdbChannelLog({ life, turns: this.#turns, retain, onError, onClosed });
    this.#channels.set(channel, log);
    log.trimToRetention();
    return log;
  }

  toJSON(): object {
    return { path: this.#path, mapSize: this.#maxBytes };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #moveTo(folder: LmdbFolder): Promise<void> {
    const logs = [...this.#channels.values()];
    const numbers = await Promise.all(logs.map(({ name, seen }) => folder.enterChannel(name, seen)));
    // Move all at once, so that none is left behind if one cannot be entered.
    this.#channels = new Map();
    for (const [i, log] of logs.entries()) {
      log.moveTo(folder, numbers[i]!);
      if (!log.isClosed) this.#channels.set(numbers[i]!, log);
    }
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
    await this.#folder.close();
  }

  #changed(changed: Changed): void {
    if (changed === "all") for (const channel of this.#channels.values()) channel.follow();
    else for (const number of changed) this.#channels.get(number)?.follow();
  }

  #closed(log: LmdbChannelLog): void {
    if (this.#channels.get(log.channel) === log) this.#channels.delete(log.channel);
    if (this.#closing === undefined) log.rememberIn(this.#closedChannels, this.#losses);
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closedError();
  }
}

async function loadLmdb(): Promise<typeof Open> {
  const { open } = await loadPackage({
    name: "lmdb",
    user: "sluice/lmdb",
    since: "2.5",
    load: () => import("lmdb"),
    isUsable: (lmdb) => typeof lmdb.open === "function",
  });
  return open;
}
