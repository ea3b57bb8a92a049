import type { RootDatabase } from "lmdb";
import { currentLife, isLost, type Life, parseLife, type Seen } from "../../shared/life/life.ts";
import { newestCommit } from "../folder/admission.ts";
import type { Environment } from "../folder/environment.ts";
import { makeReserve, removeReserve } from "../folder/files.ts";
import { OpenFiles } from "../folder/open-files.ts";
import { LmdbBlock } from "./block.ts";
import { ChannelList } from "./channel-list.ts";
import { type ChannelState, readState, stateValue } from "./channel-state.ts";
import { CommitRings } from "./commit-rings.ts";
import { DeletedChannels } from "./deleted-channels.ts";
import { blockKey, CHANNEL_LIST, guardKey, idKey, lifeKey, offsetOfKey, stateKey } from "./keys.ts";
import { SharedState } from "./shared-state.ts";

/** Maximum bytes of file that one byte of data takes: in the worst case, the pages of the tree are half full. */
export const MAX_GROWTH = 2;

/** The LMDB environment of one folder: reads and writes the records of all channels. */
export class LmdbStore {
  /** Identifies the data file. A copied or restored file is a different one. */
  readonly run: string;
  readonly files: OpenFiles;
  readonly shared: SharedState;
  readonly rings: CommitRings;
  readonly channels: ChannelList;
  readonly deleted: DeletedChannels;
  readonly #db: RootDatabase<Uint8Array, Buffer>;
  readonly #path: string;
  /** The writes of the change that is being prepared. */
  #writes: (() => void)[] = [];
  /** Bytes of file that the blocks put since the last snapshot may take. */
  #putBytes = 0;

  constructor({ db, record, run }: Environment, path: string) {
    this.#db = db;
    this.files = new OpenFiles(path, record, () => newestCommit(db));
    this.#path = path;
    this.shared = new SharedState(db);
    this.rings = new CommitRings(db);
    this.channels = new ChannelList(db, path, (...record) => this.#put(...record));
    this.deleted = new DeletedChannels(db, (write) => this.#writes.push(write));
    this.run = run;
  }

  /**
   * Takes a new snapshot. Everything read from now to the end of the event-loop turn comes from this moment. Throws
   * `LOG_FAILED` if the files are lost.
   */
  takeSnapshot(): void {
    if (this.files.lost !== undefined) throw this.files.lost;
    this.#db.resetReadTxn();
    this.#putBytes = 0;
  }

  /** Takes a new snapshot for a transaction that changes no other channels than these. */
  beginTransaction(channels: readonly number[]): void {
    this.takeSnapshot();
    this.rings.prepare(channels);
  }

  /**
   * Runs `prepare` and commits its writes if no process has changed the channel (or the list of channels,
   * {@link CHANNEL_LIST}) since {@link beginTransaction}. Resolves to true when all writes are on disk. If it resolves
   * to false or rejects, nothing was written.
   *
   * `prepare` reads the snapshot, not its own writes. If it writes anything, it MUST also set the channel's state (or
   * add a channel), because LMDB checks the version of that key inside its transaction.
   */
  async change(channel: number, prepare: () => void): Promise<boolean> {
    const guard = guardKey(channel);
    const version = this.#db.getEntry(guard)?.version;
    const writes: (() => void)[] = [];
    this.#writes = writes;
    // The writes go to LMDB only when all are known: if `prepare` throws, none of them may happen.
    prepare();
    if (writes.length === 0) return true;
    writes.push(this.rings.preparedWrite());
    const write = () => {
      for (const next of writes) next();
    };
    try {
      return await (version === undefined
        ? this.#db.ifNoExists(guard, write)
        : this.#db.ifVersion(guard, version, write));
    } catch (error) {
      // lmdb reports the cause in a promise of its own.
      const cause = await (error as { commitError?: Promise<never> }).commitError?.catch((reason: unknown) => reason);
      throw cause ?? error;
    }
  }

  /** Bytes of the file in use, plus the most that the blocks put since {@link takeSnapshot} may take. */
  get usedBytes(): number {
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = (
      this.#db as unknown as { db: { stat(): Record<string, number> } }
    ).db.stat() as { pageSize: number; treeBranchPageCount: number; treeLeafPageCount: number; overflowPages: number };
    return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages) + this.#putBytes;
  }

  /**
   * Adds the channels that do not exist yet, each with its life, and returns the numbers of all. Call it only in a
   * change of {@link CHANNEL_LIST}.
   */
  addChannels(names: Iterable<string>): Map<string, number> {
    // Only a copied folder has channels without a life of its own file. They enter it in a change of their own.
    return this.channels.add(names, (channel) => this.enterLife(channel));
  }

  /** Returns true if the channel's life began in this data file and has what this process has `seen` of the channel. */
  hasValidLife(channel: number, seen?: Seen): boolean {
    const life = this.life(channel);
    if (life === undefined || life.run !== this.run) return false;
    const { first, last } = this.state(channel);
    return seen === undefined || !(seen.ended.has(life.epoch) || isLost({ run: this.run, first, last }, life, seen));
  }

  /**
   * Begins a new life of a channel, unless its life is valid. Call it only in a change of the channel, or in the change
   * that adds it.
   */
  enterLife(channel: number, seen?: Seen): void {
    if (this.hasValidLife(channel, seen)) return;
    const state = this.state(channel);
    const { first, last } = state;
    // A different file, or one that was away, is of an earlier time. Entries appended elsewhere since then are missing
    // here, so no earlier position is valid.
    const life = currentLife({ run: this.run, first, last }, undefined);
    this.#put(lifeKey(channel), Buffer.from(JSON.stringify(life)));
    this.setState(channel, { ...state, lifeCount: state.lifeCount + 1 });
  }

  /** Returns true if the folder has the channel: it was not deleted. */
  hasChannel(channel: number): boolean {
    return this.#db.getBinary(stateKey(channel)) !== undefined;
  }

  life(channel: number): Life | undefined {
    return parseLife(this.#db.getBinary(lifeKey(channel))?.toString());
  }

  state(channel: number): ChannelState {
    return readState(this.#db.getBinary(stateKey(channel)));
  }

  setState(channel: number, state: ChannelState): void {
    const guard = guardKey(channel);
    this.#put(guard, stateValue(state), (this.#db.getEntry(guard)?.version ?? 0) + 1);
  }

  /** Returns the block that contains an entry, or else the next block. */
  blockAt(channel: number, offset: number): LmdbBlock | undefined {
    for (const { last, record } of this.blocks(channel, offset)) return new LmdbBlock(last, Buffer.from(record));
    return undefined;
  }

  /**
   * Yields the blocks of a channel, beginning with {@link blockAt}. The key of a block has the offset of its last
   * entry. The next read overwrites the record of a block. Reading much would otherwise leave much garbage behind.
   */
  *blocks(channel: number, offset: number): Generator<LmdbBlock, void, undefined> {
    const range = { start: blockKey(channel, offset), end: blockKey(channel + 1, 0) };
    for (const key of this.#db.getKeys(range)) {
      const record = this.#db.getBinaryFast(key)!;
      yield new LmdbBlock(offsetOfKey(key), record.subarray(0, record.length));
    }
  }

  putBlock(channel: number, { last, record }: LmdbBlock): void {
    this.#putBytes += record.length * MAX_GROWTH;
    this.#put(blockKey(channel, last), record);
  }

  removeBlock(channel: number, { last }: LmdbBlock): void {
    this.#writes.push(() => void this.#db.remove(blockKey(channel, last)));
  }

  /** Returns the offset of the entry with a publisher's own ID. */
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

  /** Frees the reserved space of a full disk, so that a trim can run. Follow it with {@link makeReserve}. */
  removeReserve(): void {
    removeReserve(this.#path);
  }

  makeReserve(): void {
    makeReserve(this.#path);
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  /**
   * Adds a write to the change that is being prepared. The change reports a failure, so the promises of its writes are
   * ignored.
   */
  #put(key: Buffer, value: Buffer, version = 0): void {
    this.#writes.push(() => void this.#db.put(key, value, version));
  }
}
