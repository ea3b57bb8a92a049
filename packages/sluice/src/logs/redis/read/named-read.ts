import type { Position } from "../../../base/position.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import type { FollowedChannel } from "./catch-up.ts";

/** An entry as XREAD returns it: its ID and its one field. */
export type StreamEntry = readonly [id: string, field: readonly [epoch: string, text: string]];

/** A channel that a `RedisTail` follows. */
export interface TailedChannel extends FollowedChannel {
  /** ID of the entry after which to read. */
  readonly readAfter: string;
  /** Returns true if this process has received the entry at this position. */
  hasReceived(position: Position): boolean;
  /** Receives entries. Returns true if one of them was new to this process. */
  receive(entries: readonly StreamEntry[]): boolean;
}

/**
 * XREAD has no limit of bytes, only one of entries per channel. So one XREAD brings few entries of all channels
 * together, and a script reads the rest. If the entries are small, a busy channel gets more, which saves the script.
 */
const FIRST_READ_ENTRIES = 8;
const MAX_READ_ENTRIES = 64;
const MIN_CHANNEL_ENTRIES = 2;
const MAX_SMALL_READ_CHARS = 65_536;

/** The result of a read. */
export interface Found {
  /** True if one of the entries was new to this process. */
  readonly hasNew: boolean;
  /** Channels that may have more entries. */
  readonly behind: readonly TailedChannel[];
}

/** Waits for entries with one XREAD that names all channels. */
export class NamedRead {
  /** Entries that the next XREAD may bring. */
  #entries = FIRST_READ_ENTRIES;

  /** Makes the next read bring few entries. */
  readFew(): void {
    this.#entries = FIRST_READ_ENTRIES;
  }

  /** Waits for `blockMs` ms at most. Resolves to `undefined` if there was nothing. */
  async read(
    connection: RedisConnection,
    channels: ReadonlyMap<string, TailedChannel>,
    blockMs: number,
  ): Promise<Found | undefined> {
    const count = Math.max(MIN_CHANNEL_ENTRIES, Math.floor(this.#entries / channels.size));
    const words = ["XREAD", "COUNT", String(count), "BLOCK", String(blockMs), "STREAMS", ...channels.keys()];
    for (const { readAfter } of channels.values()) words.push(readAfter);
    const asked = new Map([...channels].map(([stream, channel]) => [stream, { channel, epoch: channel.epoch }]));
    const answer = await connection.send(words, blockMs);
    if (answer === null || answer === undefined) return undefined;
    let hasNew = false;
    let chars = 0;
    const behind: TailedChannel[] = [];
    // RESP2 returns a list of pairs, RESP3 a map.
    const pairs = (Array.isArray(answer) ? answer : Object.entries(answer)) as [string, StreamEntry[]][];
    for (const [stream, entries] of pairs) {
      for (const [, [, text]] of entries) chars += text.length;
      const channel = channels.get(stream);
      if (channel === undefined) continue;
      const before = asked.get(stream)!;
      // In another life the offset that was asked for means another entry, so entries would be skipped.
      if (channel !== before.channel || channel.epoch !== before.epoch) {
        behind.push(channel);
        continue;
      }
      if (channel.receive(entries)) hasNew = true;
      if (entries.length >= count && entries.at(-1)![0] === channel.readAfter) behind.push(channel);
    }
    if (chars > MAX_SMALL_READ_CHARS) this.#entries = FIRST_READ_ENTRIES;
    else if (behind.length > 0) this.#entries = Math.min(MAX_READ_ENTRIES, this.#entries * 2);
    return { hasNew, behind };
  }
}
