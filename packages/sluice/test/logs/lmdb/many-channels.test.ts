import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { sleep } from "../../../src/base/time/timers.ts";
import { CommitRings } from "../../../src/logs/lmdb/store/commit-rings.ts";
import { LmdbStore } from "../../../src/logs/lmdb/store/lmdb-store.ts";
import type { ChannelLog, Log } from "../../../src/logs/log.ts";
import { KEEP_ALL, recorder } from "../support/contracts/log-contract.ts";
import { lmdbSuite } from "./support/lmdb-suite.ts";

const CHANNELS = 100;
/** Several times the interval of the polls. */
const SEVERAL_POLLS_MS = 1_000;

describe("lmdbLog with many channels", () => {
  const suite = lmdbSuite();

  afterEach(() => {
    vi.restoreAllMocks();
  });

  const names = Array.from({ length: CHANNELS }, (_, i) => `document-${i}`);
  const openAll = (log: Log): Promise<ChannelLog[]> =>
    Promise.all(names.map(async (name) => log.open(name, { retain: KEEP_ALL })));
  const append = (channel: ChannelLog, n: number) => channel.append([{ type: "n", data: String(n), json: true }]);

  /** Opens all channels, and returns the data that the tail of each receives. */
  const followAll = async (path: string): Promise<string[][]> => {
    const channels = await openAll(suite.log({ path }));
    return channels.map((channel) => {
      const data: string[] = [];
      const { listener } = recorder();
      channel.tail({ ...listener, appended: (entries) => data.push(...entries.map((entry) => entry.data)) });
      return data;
    });
  };

  /** Lets another process append to some of the channels, one after another. */
  const appendElsewhere = async (path: string, ...channels: string[]) => {
    const publish = `
      const log = lmdbLog({ path: process.argv[2] });
      for (const name of process.argv.slice(3)) {
        await (await log.open(name, { retain: KEEP_ALL })).append([entry(1)]);
      }
      await log.close();
    `;
    expect(await (await suite.run(publish, path, ...channels)).ended).toBe(0);
  };

  it("reads only the channels that another process has changed", async () => {
    const path = suite.path("changed");
    const seen = await followAll(path);
    await sleep(SEVERAL_POLLS_MS);
    const read = vi.spyOn(LmdbStore.prototype, "state");
    await appendElsewhere(path, "document-7", "document-70");
    await expect.poll(() => [seen[7], seen[70]]).toEqual([["1"], ["1"]]);
    await sleep(SEVERAL_POLLS_MS);
    expect(new Set(read.mock.calls.map(([channel]) => channel)).size).toBe(2);
    expect(read.mock.calls.length).toBeLessThan(CHANNELS / 5);
  });

  it("reads no channel after a commit of its own", async () => {
    const channels = await openAll(suite.log({ path: suite.path("own") }));
    await append(channels[0]!, 1);
    await sleep(SEVERAL_POLLS_MS);
    const commits = CHANNELS;
    const read = vi.spyOn(LmdbStore.prototype, "state");
    for (let i = 0; i < commits; i++) await append(channels[i % CHANNELS]!, i);
    const inAppends = read.mock.calls.length;
    expect(inAppends).toBeLessThan(3 * commits);
    await sleep(SEVERAL_POLLS_MS);
    expect(read.mock.calls.length).toBe(inAppends);
  });

  it("reads a channel once to learn the age of its oldest event", async () => {
    const retain = { ...KEEP_ALL, age: 10_000 };
    const checkEvery = retain.age / 10;
    const log = suite.log({ path: suite.path("young") });
    const channels = await Promise.all(names.map(async (name) => log.open(name, { retain })));
    await Promise.all(channels.map(append));
    await sleep(1.5 * checkEvery);
    const reads = [vi.spyOn(LmdbStore.prototype, "state"), vi.spyOn(LmdbStore.prototype, "blockAt")];
    await sleep(2.5 * checkEvery);
    for (const read of reads) expect(read).not.toHaveBeenCalled();
  });

  it("finds the events of a version of Sluice that does not record which channels it changes", async () => {
    const path = suite.path("earlier");
    const seen = await followAll(path);
    // The wake-up file would be a second hint.
    await rm(join(path, "wake"));
    const put = vi.spyOn(CommitRings.prototype, "preparedWrite").mockReturnValue(() => undefined);
    const channels = await openAll(suite.log({ path }));
    await append(channels[3]!, 1);
    await append(channels[4]!, 2);
    put.mockRestore();
    await append(channels[5]!, 3);
    await expect.poll(() => seen.flatMap((data, i) => data.map((n) => `${i}: ${n}`))).toEqual(["3: 1", "4: 2", "5: 3"]);
  });

  it("misses nothing if two writers overwrite each other's records", async () => {
    const path = suite.path("same-ring");
    const seen = await followAll(path);
    const random = vi.spyOn(Math, "random");
    // Both get ring 0, and other tags.
    random.mockReturnValueOnce(0).mockReturnValueOnce(0.1);
    const one = await openAll(suite.log({ path }));
    random.mockReturnValueOnce(0).mockReturnValueOnce(0.6);
    const other = await openAll(suite.log({ path }));
    const sent: string[][] = names.map(() => []);
    for (let i = 0; i < CHANNELS; i += 2) {
      // Both transactions are prepared in the same turn of the event loop.
      await Promise.all([append(one[i]!, i), append(other[i + 1]!, i)]);
      for (const n of [i, i + 1]) sent[n]!.push(String(i));
    }
    await expect.poll(() => seen).toEqual(sent);
  });

  it("receives more commits than it can find records of", async () => {
    const path = suite.path("stopped");
    const follow = `
      const log = lmdbLog({ path: process.argv[2] });
      for (const name of process.argv.slice(3)) {
        const channel = await log.open(name, { retain: KEEP_ALL });
        const appended = (entries) => console.log(name, entries.map(({ data }) => data).join());
        channel.tail({ appended, trimmed() {}, reset() {} });
      }
      console.log("open");
      process.stdin.resume();
    `;
    const { child, lines, ended } = await suite.run(follow, path, ...names);
    await expect.poll(() => lines).toContain("open");
    child.kill("SIGSTOP");
    const channels = await openAll(suite.log({ path }));
    for (const [i, channel] of channels.entries()) await append(channel, i);
    child.kill("SIGCONT");
    const all = names.map((name, i) => `${name} ${i}`);
    await expect.poll(() => lines.slice(1).sort()).toEqual(all.sort());
    child.stdin!.end();
    child.kill();
    await ended;
  });
});
