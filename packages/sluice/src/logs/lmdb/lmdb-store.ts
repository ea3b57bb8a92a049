import type { open, RootDatabase, RootDatabaseOptionsWithPath } from "lmdb";
import { SluiceError } from "../../base/sluice-error.ts";
import { currentLife, type Life, parseLife } from "../shared/life.ts";
import { LmdbBlock } from "./lmdb-block.ts";
import { checkDataFile, fileSystem, giveUpReserve, makeFolder, makeLockFile, makeReserve } from "./lmdb-files.ts";
import { blockKey, CHANNEL_LIST, guardKey, idKey, lifeKey, nameKey, offsetIn, stateKey } from "./lmdb-keys.ts";

/** Where a channel's log begins and ends, and what it amounts to. */
export interface ChannelState {
  readonly first: number;
  readonly last: number;
  /** What the entries kept count for against the retention, in bytes. */
  readonly bytes: number;
  /** How many lives there were: says when to read the life again. */
  readonly lives: number;
}

/** Names the way in which everything is kept here; another one gets another name. Stands behind the number of channels. */
const FORMAT = Buffer.from("sluice 1");

const STATE_BYTES = 32;

/** What is put into a tree of pages takes up to twice its size, since pages are half full at worst. */
export const MAX_GROWTH = 2;

/** Address space for the file, in bytes: it costs nothing, and saves mapping it anew while it grows. lmdb grows beyond it by itself. */
const MAPPED_BYTES = 1024 ** 3;

/** The environment of LMDB in one folder, and where in it everything is: one table for all channels. */
export class LmdbStore {
  readonly #db: RootDatabase<Uint8Array, Buffer>;
  readonly #path: string;
  /** Names the data file: a copy, or one that was restored, is another. */
  readonly run: string;
  /** What the change that is being worked out writes. */
  #writes: (() => void)[] = [];
  #putBytes = 0;

  /** Throws `LOG_FAILED`. Blocks for as long as another process writes, since lmdb opens its tables so. */
  constructor(openLmdb: typeof open, path: string) {
    const { accessSync, constants, statSync } = fileSystem();
    this.#path = path;
    try {
      makeFolder(path);
      accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK);
      checkDataFile(path);
      makeLockFile(path);
      this.#db = openLmdb({
        path,
        noSubdir: false,
        encoding: "binary",
        keyEncoding: "binary",
        mapSize: MAPPED_BYTES,
        // A commit is visible only once it is on disk. With it, others could see and deliver what a crash takes back.
        overlappingSync: false,
        // Else a commit that fails is a rejection that nobody can handle. Appends of a turn are gathered by ourselves.
        eventTurnBatching: false,
        // What one turn asks for goes into one transaction, and all of it is there when that begins: the thread that writes never waits for
        // this one, which may be stopped, busy, or about to exit.
        txnStartThreshold: Number.MAX_SAFE_INTEGER,
        batchStartThreshold: Number.MAX_SAFE_INTEGER,
        useVersions: true,
      } as RootDatabaseOptionsWithPath) as RootDatabase<Uint8Array, Buffer>;
      const { ino, birthtimeNs } = statSync(`${path}/data.mdb`, { bigint: true });
      makeReserve(path);
      // Not the device: the same disk may be another one after the machine was started anew.
      this.run = `${ino}:${birthtimeNs}`;
    } catch (cause) {
      if (cause instanceof SluiceError) throw cause;
      const message = `lmdbLog cannot use ${JSON.stringify(path)}: ${(cause as Error).message}. It must be a folder that this process may read and write.`;
      throw new SluiceError("LOG_FAILED", message, { cause });
    }
  }

  /**
   * Does what `work` says, if nobody has changed the channel (or the list of channels, {@link CHANNEL_LIST}) since {@link renew}: all of it is
   * on disk when this resolves to `true`, nothing was written when it resolves to `false` or rejects. LMDB looks at the condition itself, in
   * its transaction. `work` reads what was there at `renew`, not what it writes, and MUST change the state (add a channel) if it writes at all.
   */
  async change(channel: number, work: () => void): Promise<boolean> {
    const at = guardKey(channel);
    const version = this.#db.getEntry(at)?.version;
    const writes: (() => void)[] = [];
    this.#writes = writes;
    // Only what is complete is handed to LMDB: it would write the half of it that came before an error.
    work();
    if (writes.length === 0) return true;
    const write = () => {
      for (const next of writes) next();
    };
    try {
      return await (version === undefined ? this.#db.ifNoExists(at, write) : this.#db.ifVersion(at, version, write));
    } catch (error) {
      // lmdb tells the cause by a promise of its own.
      const cause = await (error as { commitError?: Promise<never> }).commitError?.catch((reason: unknown) => reason);
      throw cause ?? error;
    }
  }

  /** Number of the newest commit by anybody, which may be about to be synced, and not to be read yet. Costs a look at shared memory. */
  get commits(): number {
    return (this.#db as unknown as { env: { info(): { lastTxnId: number } } }).env.info().lastTxnId;
  }

  /** Whether others have the folder open: each has a line in the list of readers, after its head. One that was killed stays in it until another opens the folder. */
  get hasOthers(): boolean {
    return this.#db.readerList().trimEnd().split("\n").length > 2;
  }

  /** Bytes of the file that are in use, with what may come of the blocks put since {@link renew}. */
  get usedBytes(): number {
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = (
      this.#db as unknown as { db: { stat(): Record<string, number> } }
    ).db.stat() as { pageSize: number; treeBranchPageCount: number; treeLeafPageCount: number; overflowPages: number };
    return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages) + this.#putBytes;
  }

  /** What is read from here to the end of the turn is of one moment, and that is now. */
  renew(): void {
    this.#db.resetReadTxn();
    this.#putBytes = 0;
  }

  /** The number of a channel that there is. */
  channelNumber(name: string): number | undefined {
    this.#channels();
    return this.#db.getBinary(nameKey(name))?.readUInt32BE();
  }

  /** Adds a channel that there is not, and says its number. Only in a change of the list. */
  addChannel(name: string): number {
    const number = this.#channels() + 1;
    const value = Buffer.alloc(4);
    value.writeUInt32BE(number);
    this.#put(guardKey(CHANNEL_LIST), Buffer.concat([value, FORMAT]), number);
    this.#put(nameKey(name), value);
    return number;
  }

  /** How many channels there are. Throws `LOG_FAILED` where they are kept in another way than ours. */
  #channels(): number {
    const list = this.#db.getBinary(guardKey(CHANNEL_LIST));
    if (list === undefined) return 0;
    if (FORMAT.equals(list.subarray(4))) return list.readUInt32BE();
    const message = `The events in ${JSON.stringify(this.#path)} were written by another version of Sluice, which keeps them in another way. Give lmdbLog another folder, or use that version.`;
    throw new SluiceError("LOG_FAILED", message);
  }

  /** Whether the channel is in a life of this file. */
  isEntered(channel: number): boolean {
    return this.life(channel)?.run === this.run;
  }

  /** Begins a new life of a channel, where the file is another than the one it was in. Only in a change of the channel, or one that adds it. */
  enterLife(channel: number): void {
    if (this.isEntered(channel)) return;
    const state = this.state(channel);
    // Another file is a copy of an earlier time. What was appended to the one before since then is lost, so no position of it holds.
    const life = currentLife({ run: this.run, first: state.first, last: state.last }, undefined);
    this.#put(lifeKey(channel), Buffer.from(JSON.stringify(life)));
    this.setState(channel, { ...state, lives: state.lives + 1 });
  }

  life(channel: number): Life | undefined {
    return parseLife(this.#db.getBinary(lifeKey(channel))?.toString());
  }

  state(channel: number): ChannelState {
    const bytes = this.#db.getBinary(stateKey(channel));
    if (bytes === undefined) return { first: 1, last: 0, bytes: 0, lives: 0 };
    const [first, last, size, lives] = [0, 8, 16, 24].map((at) => bytes.readDoubleBE(at)) as [
      number,
      number,
      number,
      number,
    ];
    return { first, last, bytes: size, lives };
  }

  setState(channel: number, { first, last, bytes, lives }: ChannelState): void {
    const value = Buffer.alloc(STATE_BYTES);
    for (const [i, number] of [first, last, bytes, lives].entries()) value.writeDoubleBE(number, i * 8);
    const at = guardKey(channel);
    this.#put(at, value, (this.#db.getEntry(at)?.version ?? 0) + 1);
  }

  /** The block that an entry is in, or else the next one. */
  blockAt(channel: number, offset: number): LmdbBlock | undefined {
    for (const block of this.blocks(channel, offset)) return block;
    return undefined;
  }

  /** The blocks from the one that an entry is in; each is found by its last entry. */
  *blocks(channel: number, offset: number): Generator<LmdbBlock, void, undefined> {
    const range = { start: blockKey(channel, offset), end: blockKey(channel + 1, 0) };
    for (const at of this.#db.getKeys(range)) yield new LmdbBlock(offsetIn(at), this.#db.getBinary(at)!);
  }

  putBlock(channel: number, { last, record }: LmdbBlock): void {
    this.#putBytes += record.length * MAX_GROWTH;
    this.#put(blockKey(channel, last), record);
  }

  removeBlock(channel: number, { last }: LmdbBlock): void {
    this.#writes.push(() => void this.#db.remove(blockKey(channel, last)));
  }

  offsetOf(channel: number, id: string): number | undefined {
    return this.#db.getBinary(idKey(channel, id))?.readDoubleBE();
  }

  putId(channel: number, id: string, offset: number): void {
    const value = Buffer.alloc(8);
    value.writeDoubleBE(offset);
    this.#put(idKey(channel, id), value);
  }

  removeId(channel: number, id: string): void {
    this.#writes.push(() => void this.#db.remove(idKey(channel, id)));
  }

  /** Makes room on a disk that is full, so that a trim can make more; {@link makeReserve} takes it back. */
  giveUpReserve(): void {
    giveUpReserve(this.#path);
  }

  makeReserve(): void {
    makeReserve(this.#path);
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  // In the block that they are written in, the promises of single writes say nothing.
  #put(at: Buffer, value: Buffer, version = 0): void {
    this.#writes.push(() => void this.#db.put(at, value, version));
  }
}
