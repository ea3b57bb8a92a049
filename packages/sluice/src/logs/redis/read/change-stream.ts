import type { RedisConnection } from "../connection/redis-connection.ts";

/** An entry as XREAD returns it. The fields `last` and `epoch` are absent if the channel was deleted. */
type ChangeEntry = readonly [
  id: string,
  fields: readonly ["log", stream: string, "last"?, last?: string, "epoch"?, epoch?: string],
];

/** A change of a channel. */
export interface Change {
  /** Key of the channel's stream. */
  readonly stream: string;
  /** End of the log after the change. `undefined`: read the channel to find out. */
  readonly end: { readonly epoch: string; readonly offset: number } | undefined;
}

/** Less than every ID of a stream. */
const FIRST_ID = "0-0";
/** Maximum number of changes per read. Must be below the number that the stream keeps. */
const CHANGES_PER_READ = 1_000;

/** Reads the stream of changes over one connection, from the end that it had at {@link begin}. */
export class ChangeStream {
  readonly #connection: RedisConnection;
  readonly #key: string;
  /** ID of the newest change that was read. */
  #newest: string;
  /** ID of the newest change of the read before. */
  #before: string;
  #count = 0;

  private constructor(connection: RedisConnection, key: string, newest: string) {
    this.#connection = connection;
    this.#key = key;
    this.#newest = newest;
    this.#before = newest;
  }

  /** Starts after the newest change. The caller then reads all of its channels once. */
  static async begin(connection: RedisConnection, key: string): Promise<ChangeStream> {
    const found = (await connection.send(["XREVRANGE", key, "+", "-", "COUNT", "1"])) as ChangeEntry[];
    return new ChangeStream(connection, key, found[0]?.[0] ?? FIRST_ID);
  }

  /** True if the last read returned as many changes as one read may return. */
  get hasMore(): boolean {
    return this.#count === CHANGES_PER_READ;
  }

  /** Waits for changes, for `blockMs` ms at most. Resolves to an empty array if there was none. */
  async read(blockMs: number): Promise<readonly Change[]> {
    const words = ["XREAD", "COUNT", String(CHANGES_PER_READ), "BLOCK", String(blockMs), "STREAMS", this.#key];
    const answer = await this.#connection.send([...words, this.#newest], blockMs);
    // RESP2 returns a list of pairs, RESP3 a map.
    const pairs = Array.isArray(answer) ? answer : Object.entries(answer ?? {});
    const changes = ((pairs[0]?.[1] as ChangeEntry[] | undefined) ?? []) as readonly ChangeEntry[];
    this.#before = this.#newest;
    this.#newest = changes.at(-1)?.[0] ?? this.#newest;
    this.#count = changes.length;
    return changes.map(([, [, stream, , last, , epoch]]) => ({
      stream,
      end: last === undefined || epoch === undefined ? undefined : { epoch, offset: Number(last) },
    }));
  }

  /**
   * Returns true if the stream has dropped the change after which the last read began. It may have dropped later
   * changes as well.
   */
  async hasDropped(): Promise<boolean> {
    if (this.#before === FIRST_ID) return this.hasMore;
    const kept = await this.#connection.send(["XRANGE", this.#key, this.#before, this.#before]);
    return (kept as ChangeEntry[]).length === 0;
  }
}
