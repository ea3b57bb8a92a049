import { expect, it } from "vitest";
import type { RedisConnection } from "../../../../src/logs/redis/connection/redis-connection.ts";
import { deleteChannel } from "../../../../src/logs/redis/life/delete-channel.ts";
import type { RedisChannelLife } from "../../../../src/logs/redis/life/redis-channel-life.ts";

/** Deletes a channel whose log is in the life `second`, on a node that knows the life `first`. */
function deletion(use: (work: Promise<unknown>) => Promise<unknown>) {
  const asked: string[] = [];
  let answer = () => {};
  const answering = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const connection = {
    isOver: false,
    send: async () => 1,
    async run(_name: string, _keys: readonly string[], [epoch]: readonly string[]) {
      asked.push(epoch!);
      await answering;
      return epoch === "second" ? undefined : "second";
    },
  } as Partial<RedisConnection> as RedisConnection;
  let working: Promise<unknown> | undefined;
  const life = {
    epoch: "first",
    view: { epoch: "first", holds: () => undefined },
    keys: ["log", "meta", "ids"],
    sharedKeys: { changes: "changes", deleted: "deleted" },
    isGone: false,
    use: (work: (connection: RedisConnection) => Promise<unknown>) => use((working = work(connection))),
  } as unknown as RedisChannelLife;
  return { deleted: deleteChannel(life), asked, answer, worked: () => working };
}

it("deletes the life that the log is in, also if this node has not noticed that life", async () => {
  const { deleted, asked, answer } = deletion((work) => work);
  answer();
  expect(await deleted).toBe("second");
  expect(asked).toEqual(["first", "second"]);
});

it("deletes no further life after its timeout: another node may have begun one since", async () => {
  const late = new Error("Redis did not answer.");
  const { deleted, asked, answer, worked } = deletion(() => Promise.reject(late));
  await expect(deleted).rejects.toBe(late);
  answer();
  await worked();
  expect(asked).toEqual(["first"]);
});
