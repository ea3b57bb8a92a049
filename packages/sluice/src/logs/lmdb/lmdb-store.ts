import type { open, RootDatabase } from "lmdb";
import { SluiceError } from "../../protocol/sluice-error.ts";
import { type Life, lifeIn, parseLife } from "../life.ts";
import { checkDataFile, fileSystem, giveUpReserve, makeLockFile, makeReserve } from "./lmdb-files.ts";

/** Where a channel's log begins and ends, and what it amounts to. */
export interface ChannelState {
  readonly first: number;
  readonly last: number;
  /** What the entries kept count for against the retention, in bytes. */
  readonly bytes: number;
  /** How many lives there were: says when to read the life again. */
  readonly lives: number;
}

// Keys begin with a byte that says what they are of; numbers are big-endian, so that entries stand in their order.
const CHANNELS = 1;
const NAME = 2;
const STATE = 3;
const LIFE = 4;
const ENTRY = 5;
const ID = 6;

const STATE_BYTES = 32;
const ENTRY_KEY_BYTES = 11;

/** Address space for the file, in bytes: it costs nothing, and saves mapping it anew while it grows. lmdb grows beyond it by itself. */
const MAPPED_BYTES = 1024 ** 3;

/** The environment of LMDB in one folder, and where in it everything is: one table for all channels. */
export class LmdbStore {
  readonly #db: RootDatabase<Uint8Array, Buffer>;
  readonly #path: string;
  /** Names the data file: a copy, or one that was restored, is another. */
  readonly run: string;
  readonly #entryKey: Buffer = Buffer.alloc(ENTRY_KEY_BYTES);

  /** Throws `LOG_FAILED`. Blocks for as long as another process writes, since lmdb opens its tables so. */
  constructor(openLmdb: typeof open, path: string) {
    const { mkdirSync, accessSync, constants, statSync } = fileSystem();
    this.#path = path;
    try {
      mkdirSync(path, { recursive: true });
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
      }) as RootDatabase<Uint8Array, Buffer>;
      const { dev, ino, birthtimeNs } = statSync(`${path}/data.mdb`, { bigint: true });
      makeReserve(path);
      this.run = `${dev}:${ino}:${birthtimeNs}`;
    } catch (cause) {
      if (cause instanceof SluiceError) throw cause;
      const message = `lmdbLog cannot use ${JSON.stringify(path)}: ${(cause as Error).message}. It must be a folder that this process may read and write.`;
      throw new SluiceError("LOG_FAILED", message, { cause });
    }
  }

  /** Runs in one write transaction: all of it is on disk when this resolves, or nothing when it rejects. */
  async commit(work: () => void): Promise<void> {
    try {
      // A child, since it is undone when `work` throws; without it, what was written until then would be committed.
      await this.#db.childTransaction(work);
    } catch (error) {
      // lmdb tells the cause by a promise of its own.
      const cause = await (error as { commitError?: Promise<never> }).commitError?.catch((reason: unknown) => reason);
      throw cause ?? error;
    }
  }

  /** Number of the newest commit by anybody. Costs a look at shared memory. */
  get commits(): number {
    return (this.#db as unknown as { env: { info(): { lastTxnId: number } } }).env.info().lastTxnId;
  }

  /** Bytes of the file that are in use; inside a transaction, with what it has written so far. */
  get usedBytes(): number {
    const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = (
      this.#db as unknown as { db: { stat(): Record<string, number> } }
    ).db.stat() as { pageSize: number; treeBranchPageCount: number; treeLeafPageCount: number; overflowPages: number };
    return pageSize * (treeBranchPageCount + treeLeafPageCount + overflowPages);
  }

  /** What is read from here to the end of the turn is of one moment, and that is now. Not inside a transaction. */
  renew(): void {
    this.#db.resetReadTxn();
  }

  /** The number of a channel; a new one where there is none. Only inside a transaction. */
  channelNumber(name: string): number {
    // UTF-16, so that no two names become the same; 512 bytes at most.
    const key = Buffer.concat([Buffer.of(NAME), Buffer.from(name, "utf16le")]);
    const known = this.#db.getBinary(key);
    if (known !== undefined) return known.readUInt32BE();
    const count = Buffer.alloc(4);
    count.writeUInt32BE((this.#db.getBinary(Buffer.of(CHANNELS))?.readUInt32BE() ?? 0) + 1);
    this.#put(Buffer.of(CHANNELS), count);
    this.#put(key, count);
    return count.readUInt32BE();
  }

  /** Begins a new life of a channel, where the file is another than the one it was in. Only inside a transaction. */
  enterLife(channel: number): void {
    const state = this.state(channel);
    const known = this.life(channel);
    const life = lifeIn(this.run, known, state.first, state.last);
    if (life === known) return;
    this.#put(key(LIFE, channel), Buffer.from(JSON.stringify(life)));
    this.setState(channel, { ...state, lives: state.lives + 1 });
  }

  life(channel: number): Life | undefined {
    return parseLife(this.#db.getBinary(key(LIFE, channel))?.toString());
  }

  state(channel: number): ChannelState {
    const bytes = this.#db.getBinary(key(STATE, channel));
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
    this.#put(key(STATE, channel), value);
  }

  /** The record of an entry; valid until the next is asked for. */
  record(channel: number, offset: number): Buffer | undefined {
    const found = this.#db.getBinaryFast(this.#keyOf(channel, offset)) as Buffer | undefined;
    // Its `length` is set by lmdb, which not every runtime's Buffer goes by.
    return found?.subarray(0, (this.#db as unknown as { lastSize: number }).lastSize);
  }

  putRecord(channel: number, offset: number, record: Buffer): void {
    this.#put(this.#keyOf(channel, offset), record);
  }

  removeRecord(channel: number, offset: number): void {
    void this.#db.remove(this.#keyOf(channel, offset));
  }

  offsetOf(channel: number, id: string): number | undefined {
    return this.#db.getBinary(key(ID, channel, id))?.readDoubleBE();
  }

  putId(channel: number, id: string, offset: number): void {
    const value = Buffer.alloc(8);
    value.writeDoubleBE(offset);
    this.#put(key(ID, channel, id), value);
  }

  removeId(channel: number, id: string): void {
    void this.#db.remove(key(ID, channel, id));
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

  // Inside a transaction `put` has done its work when it returns; its promise says nothing more.
  #put(at: Buffer, value: Buffer): void {
    void this.#db.put(at, value);
  }

  #keyOf(channel: number, offset: number): Buffer {
    const found = this.#entryKey;
    found[0] = ENTRY;
    found.writeUInt32BE(channel, 1);
    found.writeUIntBE(offset, 5, 6);
    return found;
  }
}

/** The key of something that a channel has, or, with an ID, that it has many of. IDs have 512 characters at most: 1 029 bytes. */
function key(kind: number, channel: number, id = ""): Buffer {
  const found = Buffer.alloc(5 + id.length * 2);
  found[0] = kind;
  found.writeUInt32BE(channel, 1);
  found.write(id, 5, "utf16le");
  return found;
}
