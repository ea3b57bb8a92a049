import { expect, it } from "vitest";
import { ChannelDeleted } from "../../../src/logs/lmdb/channel-deleted.ts";
import { LmdbAppender } from "../../../src/logs/lmdb/lmdb-appender.ts";
import type { LmdbChannelLife, LmdbPlace } from "../../../src/logs/lmdb/lmdb-channel-life.ts";
import type { NewEntry } from "../../../src/logs/log.ts";
import { turns } from "../../support/turns.ts";
import { KEEP_ALL } from "../support/keep-all.ts";

const entry = (n: number): NewEntry => ({ type: "n", data: `${n}`, json: true });

/** Makes places whose writer waits until the test answers. */
function heldPlaces(...channels: number[]) {
  const asked: { readonly channel: number; resolve(offset: number): void; reject(error: Error): void }[] = [];
  const run = (channel: number) =>
    new Promise((resolve, reject) => {
      const answer = (offset: number) => resolve({ results: [[offset]], added: [] });
      asked.push({ channel, resolve: answer, reject });
    });
  const folder = { writer: { run } } as unknown as LmdbPlace["folder"];
  return { asked, places: channels.map((channel): LmdbPlace => ({ folder, channel })) };
}

it("appends in the order of the calls, also if the channel is deleted before the first is on disk", async () => {
  const { asked, places } = heldPlaces(1, 2);
  let place = places[0]!;
  const run: LmdbChannelLife["run"] = async (work) => {
    for (;;) {
      try {
        return await work(place);
      } catch (error) {
        expect(error).toBeInstanceOf(ChannelDeleted);
      }
    }
  };
  const life = { run } as unknown as LmdbChannelLife;
  const appender = new LmdbAppender({ life, retain: KEEP_ALL, onAppended: () => undefined });
  const first = appender.append([entry(1)]);
  appender.seal();
  // The next life begins while the first append is on its way to the disk.
  place = places[1]!;
  const second = appender.append([entry(2)]);
  await turns();
  expect(asked.map(({ channel }) => channel)).toEqual([1]);
  asked[0]!.reject(new ChannelDeleted());
  await turns();
  expect(asked.map(({ channel }) => channel)).toEqual([1, 2]);
  asked[1]!.resolve(1);
  expect(await first).toEqual([1]);
  await turns();
  asked[2]!.resolve(2);
  expect(await second).toEqual([2]);
});
