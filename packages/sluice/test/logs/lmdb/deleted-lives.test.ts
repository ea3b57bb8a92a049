import { open as openLmdb } from "lmdb";
import { describe, expect, it } from "vitest";
import { LmdbFolder } from "../../../src/logs/lmdb/lmdb-folder.ts";
import { lmdbSuite } from "./support/lmdb-suite.ts";

describe("lmdbLog, whose channels are deleted while they are used", () => {
  const suite = lmdbSuite();

  it("gives no life to a number whose channel was deleted while it was entered", async () => {
    const options = { maxBytes: Number.POSITIVE_INFINITY, onCommit: () => undefined, onLost: () => undefined };
    const folder = await LmdbFolder.open(openLmdb, { path: suite.path("entered"), ...options });
    const { store, writer } = folder;
    const run = writer.run.bind(writer);
    const deleted: number[] = [];
    // Another process deletes each channel as soon as it is there, three times.
    writer.run = async (channel, prepare) => {
      const result = await run(channel, prepare);
      store.takeSnapshot();
      const number = store.channels.numberOf("doc");
      if (number === undefined || deleted.length === 3) return result;
      deleted.push(number);
      await run(number, () => store.deleted.remove(number, "doc", store.life(number)!.epoch));
      return result;
    };
    const channel = await folder.enterChannel("doc");
    store.takeSnapshot();
    expect(deleted).toEqual([1, 2, 3]);
    expect(channel).toBe(store.channels.numberOf("doc"));
    for (const number of deleted) expect(store.life(number)).toBeUndefined();
    await folder.close();
  });
});
