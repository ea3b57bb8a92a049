import { deletedSlot } from "../../shared/life/deleted-epochs.ts";
import type { RedisConnection } from "../connection/redis-connection.ts";
import { keepsChangingError } from "./find-life.ts";
import { MAX_LIVES_PER_CALL, type RedisChannelLife } from "./redis-channel-life.ts";

/**
 * Deletes the life that a channel's log is in. A call whose answer was lost is repeated, but never for a life that
 * began after the call. After it has rejected, it deletes no further life. Resolves to the epoch of the life.
 */
export async function deleteChannel(life: RedisChannelLife): Promise<string> {
  /** Epoch of the life that was to be deleted last. */
  let asked: string | undefined;
  let isOver = false;
  const work = async (connection: RedisConnection) => {
    const { view } = life;
    let { epoch } = view;
    // The answer was lost, and the life that was to be deleted has ended.
    if (asked !== undefined && asked !== epoch && view.holds(asked) === undefined) return true;
    for (let lives = 0; lives < MAX_LIVES_PER_CALL; lives++) {
      if (isOver) return true;
      asked = epoch;
      // Both are sent at once, before any later append.
      const [, other] = await Promise.all([
        remember(life, connection, epoch),
        connection.run("delete", [...life.keys, life.sharedKeys.changes], [epoch]),
      ]);
      if (typeof other !== "string") return true;
      epoch = other;
    }
    throw keepsChangingError(life.keys);
  };
  try {
    await life.use(work);
  } catch (error) {
    if (!life.isGone) throw error;
  } finally {
    isOver = true;
  }
  return asked ?? life.epoch;
}

/** Remembers a deletion, so that subscribers learn the reason of their gap. A Redis without memory does not. */
async function remember(life: RedisChannelLife, connection: RedisConnection, epoch: string): Promise<void> {
  try {
    await connection.send(["HSET", life.sharedKeys.deleted, deletedSlot(epoch), epoch]);
  } catch (error) {
    if (connection.isOver) throw error;
  }
}
