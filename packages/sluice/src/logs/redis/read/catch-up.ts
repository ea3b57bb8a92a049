import type { Position } from "../../../base/position.ts";
import type { ReadBudget } from "../../shared/bounds/read-budget.ts";
import type { ChannelKeys } from "../channel-keys.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";

/** Channels of one call of the script. Redis executes nothing else while the script runs. */
const CHANNELS_PER_CALL = 64;
/** Bytes of one call, and of each channel in it unless its next entry has more. */
const CALL_BYTES = 262_144;
const CHANNEL_BYTES = 65_536;
/**
 * Calls in flight. If each call waited for the answer to the one before, a busy machine would read fewer channels per
 * second than change, and fall behind without end.
 */
const CALLS_IN_FLIGHT = 8;

/** New entries of a channel, and the ends of its log at the same moment. */
export interface FollowedPage {
  readonly epoch: string;
  readonly first: number;
  readonly last: number;
  readonly texts: readonly string[];
}

/** A channel that this process follows. */
export interface FollowedChannel {
  readonly keys: ChannelKeys;
  readonly epoch: string;
  /** Offset of the newest entry that this process has. See {@link LogView.received}. */
  readonly received: number;
  /** Receives the entries after the position `asked`. Returns true if the log has more entries. */
  receivePage(page: FollowedPage, asked: Position): boolean;
  /** See {@link LogView.isMidAppend}. */
  readonly isMidAppend: boolean;
  /** See {@link TailListener.taken}. */
  taken(): Promise<void> | undefined;
}

/** The connection to read over, and the budget of bytes. */
export interface CatchUpSource {
  readonly connection: RedisConnection;
  readonly budget: ReadBudget;
}

type Answer = [examined: number, size: number, ...[index: number, string, number, number, ...string[]][]];

/**
 * Reads the new entries of channels until this process has all of them. The channels take turns: one that is far behind
 * does not keep the others waiting. Leaves out a channel once `isFollowed` returns false for it.
 */
export async function catchUp<C extends FollowedChannel>(
  { connection, budget }: CatchUpSource,
  channels: Iterable<C>,
  isFollowed: (channel: C) => boolean,
): Promise<void> {
  // In reverse: the next channel is the last one.
  let waiting = [...channels].reverse();
  let behind: C[] = [];
  const takeGroup = () => {
    if (waiting.length === 0) {
      waiting = behind.reverse();
      behind = [];
    }
    return waiting.splice(-CHANNELS_PER_CALL).reverse();
  };
  const readGroups = async () => {
    let bytes = budget.part(CALL_BYTES);
    for (let taken = takeGroup(); taken.length > 0; taken = takeGroup()) {
      const group = taken.filter(isFollowed);
      if (group.length === 0) continue;
      const asked = group.map(({ epoch, received }) => ({ epoch, offset: received }));
      const keys = group.flatMap(({ keys: [log, meta] }) => [log, meta]);
      const args = [bytes, Math.min(bytes, CHANNEL_BYTES), ...asked.map(({ offset }) => offset)].map(String);
      const [examined, size, midAppend] = await budget.use(bytes, async () => {
        const [examined, size, ...parts] = (await connection.run("follow", keys, args)) as Answer;
        const more: C[] = [];
        const midAppend: C[] = [];
        for (const [index, epoch, first, last, ...texts] of parts.splice(0)) {
          const channel = group[index]!;
          const hasMore = isFollowed(channel) && channel.receivePage({ epoch, first, last, texts }, asked[index]!);
          if (hasMore) (channel.isMidAppend ? midAppend : more).push(channel);
        }
        // The bytes stay counted until the subscribers have taken them.
        await Promise.all(more.map((channel) => channel.taken()));
        behind.push(...more);
        return [examined, size, midAppend] as const;
      });
      // The next entry may alone have more than a call's bytes.
      bytes = size > 0 ? size : budget.part(CALL_BYTES);
      waiting.push(...group.slice(examined).reverse());
      // Entries wait in memory for the rest of their append. Another channel first would add its own to them.
      waiting.push(...midAppend);
    }
  };
  await Promise.all(Array.from({ length: CALLS_IN_FLIGHT }, readGroups));
}
