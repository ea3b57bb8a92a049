import { open } from "lmdb";
import { expect, it } from "vitest";
import type { ChannelLog } from "../../../src/logs/log.ts";
import { closing } from "../support/contracts/delete-contract.ts";
import { KEEP_ALL } from "../support/contracts/log-contract.ts";
import { lmdbSuite } from "./support/lmdb-suite.ts";

const suite = lmdbSuite();

it("leaves a bounded number of keys of channels that were made and deleted", async () => {
  const path = suite.path("deleted");
  const log = suite.log({ path });
  const make = async (i: number): Promise<ChannelLog> => {
    const channel = await log.open(`doc:${i}`, { retain: KEEP_ALL });
    channel.tail(closing(channel));
    await channel.append([{ type: "n", data: "1", json: true, id: `own/${i}` }]);
    return channel;
  };
  const kept: number[] = [];
  for (let round = 0; round < 2; round++) {
    const channels = await Promise.all(Array.from({ length: 1_500 }, (_, i) => make(i)));
    await Promise.all(channels.map((channel) => channel.delete()));
    kept.push(keys(path));
  }
  // Slots of deleted epochs, the list of channels, and the rings of commits.
  for (const count of kept) expect(count).toBeLessThanOrEqual(1_296 + 100);
});

/** Counts the keys in a folder that this process has open. */
function keys(path: string): number {
  const db = open({ path, noSubdir: false, encoding: "binary", keyEncoding: "binary" });
  return db.getKeysCount();
}
