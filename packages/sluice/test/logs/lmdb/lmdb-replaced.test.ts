import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import type { ChannelLog, NewEntry } from "../../../src/logs/log.ts";
import { createSluice } from "../../../src/sluice.ts";
import { KEEP_ALL, recorder } from "../support/contracts/log-contract.ts";
import { lmdbSuite } from "./support/lmdb-suite.ts";

/** The time in which a running process opens the folder again, in ms. */
const RECOVERY = { timeout: 60_000, interval: 50 };

describe("lmdbLog whose files are replaced while it has them open", () => {
  const suite = lmdbSuite();

  const entry = (data: string): NewEntry => ({ type: "n", data, json: false });

  /** Opens a channel, and records what its listener and `onError` receive. */
  const watch = async (path: string) => {
    const onError = vi.fn<(error: unknown) => void>();
    const channel = await suite.log({ path }).open("orders", { retain: KEEP_ALL, onError });
    const { seen, listener } = recorder();
    const onReset = vi.spyOn(listener, "reset");
    channel.tail(listener);
    return { channel, seen, onError, onReset };
  };

  const dataOf = async (channel: ChannelLog) => {
    const found = await channel.read(0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    return found === "gone" ? found : found.map(({ data }) => data);
  };

  /** A program that publishes one event, and stays. */
  const publish = `
    const channel = await lmdbLog({ path: process.argv[2] }).open("orders", { retain: KEEP_ALL });
    await channel.append([{ ...entry(0), data: "new process" }]);
    console.log("published", channel.epoch);
    setInterval(() => undefined, 1000);
  `;

  const remove = (path: string) => rm(path, { recursive: true });

  it.each([
    ["deleted", remove],
    ["moved", (path: string) => rename(path, `${path}-moved`)],
    [
      "replaced",
      (path: string) => rename(path, `${path}-moved`).then(() => cp(`${path}-moved`, path, { recursive: true })),
    ],
    ["without its data file", (path: string) => rm(join(path, "data.mdb"))],
    ["without its lock file", (path: string) => rm(join(path, "lock.mdb"))],
  ])("rejects every append to a folder that is %s, and reports it once", async (name, change) => {
    const path = suite.path(name);
    const { channel, onError } = await watch(path);
    await channel.append([entry("1")]);
    await Promise.allSettled([channel.append([entry("2")]), change(path)]);
    for (let i = 0; i < 3; i++) {
      await expect(channel.append([entry("x")])).rejects.toMatchObject({
        code: "LOG_FAILED",
        message: expect.stringMatching(/data\.mdb|lock\.mdb/),
      });
    }
    await expect(channel.sync()).rejects.toMatchObject({ code: "LOG_FAILED" });
    await expect(channel.read(0, 1, 1)).rejects.toMatchObject({ code: "LOG_FAILED" });
    await expect(channel.trim(1)).rejects.toMatchObject({ code: "LOG_FAILED" });
    expect(onError).toHaveBeenCalledTimes(1);
    expect(onError).toHaveBeenCalledWith(expect.objectContaining({ code: "LOG_FAILED", outage: "reach" }));
  });

  it("notices a deleted folder without an append, and does not create it again", async () => {
    const path = suite.path("idle");
    const { onError } = await watch(path);
    await remove(path);
    await expect.poll(() => onError.mock.calls.length).toBe(1);
    // An operator can now put a backup there: it must not end up inside a new folder.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await expect(mkdir(path)).resolves.toBeUndefined();
  });

  it("opens a folder that was moved away and back, while a process that did not notice goes on writing", async () => {
    const path = suite.path("back-at-once");
    const { channel } = await watch(path);
    const other = await watch(path);
    await channel.append([entry("1")]);
    await expect.poll(() => other.seen.map(({ data }) => data)).toEqual(["1"]);
    await rename(path, `${path}-away`);
    await expect(channel.append([entry("lost")])).rejects.toMatchObject({ code: "LOG_FAILED", outage: "reach" });
    await rename(`${path}-away`, path);
    // The data file changes again and again, so it never rests as a complete copy does.
    const writing = setInterval(() => void other.channel.append([entry("2")]).catch(() => undefined), 20);
    try {
      await expect.poll(() => channel.append([entry("3")]).then(() => "kept", String), RECOVERY).toBe("kept");
    } finally {
      clearInterval(writing);
    }
    await expect.poll(() => dataOf(channel)).toEqual(expect.arrayContaining(["1", "2", "3"]));
  });

  it("continues in the folder that another process creates, as a new life", async () => {
    const path = suite.path("created");
    const { channel, onReset, onError } = await watch(path);
    await channel.append([entry("lost")]);
    const before = channel.epoch;
    await remove(path);
    await expect(channel.append([entry("rejected")])).rejects.toMatchObject({ code: "LOG_FAILED" });
    const { lines, child } = await suite.run(publish, path);
    await expect.poll(() => lines.length, RECOVERY).toBe(1);
    await expect.poll(() => channel.epoch, RECOVERY).toBe(lines[0]!.split(" ")[1]);
    expect(onReset).toHaveBeenCalled();
    expect(channel.holds(before)).toBeUndefined();
    await channel.append([entry("both")]);
    expect(await dataOf(channel)).toEqual(["new process", "both"]);
    child.kill("SIGKILL");
    expect(await dataOf(await suite.open(path))).toEqual(["new process", "both"]);
    expect(onError).toHaveBeenCalledTimes(1);
  });

  it("shares an older data file that was moved over the open one with new processes", async () => {
    const path = suite.path("older");
    const log = suite.log({ path });
    await (await log.open("orders", { retain: KEEP_ALL })).append([entry("1")]);
    await log.close();
    const older = `${path}-older.mdb`;
    await cp(join(path, "data.mdb"), older);
    const { channel, onReset } = await watch(path);
    // The lock file counts these commits, and the older data file has none of them.
    for (let i = 0; i < 20; i++) await channel.append([entry("lost")]);
    const before = channel.epoch;
    await rename(older, join(path, "data.mdb"));
    const programs = await Promise.all([suite.run(publish, path), suite.run(publish, path)]);
    for (const { lines } of programs) await expect.poll(() => lines.length, RECOVERY).toBe(1);
    await expect.poll(() => onReset.mock.calls.length, RECOVERY).toBeGreaterThan(0);
    expect(programs.map(({ lines }) => lines[0])).toEqual(Array(2).fill(`published ${channel.epoch}`));
    expect(channel.holds(before)).toBeUndefined();
    await channel.append([entry("2")]);
    const expected = ["1", "new process", "new process", "2"];
    expect(await dataOf(channel)).toEqual(expected);
    for (const { child, ended } of programs) {
      child.kill("SIGKILL");
      expect(await ended).toBe("SIGKILL");
    }
    expect(await dataOf(await suite.open(path))).toEqual(expected);
  });

  it("begins a new life in a folder that was moved away and back", async () => {
    const path = suite.path("back");
    const { channel, onError } = await watch(path);
    await channel.append([entry("1")]);
    const before = channel.epoch;
    await rename(path, `${path}-away`);
    await expect.poll(() => onError.mock.calls.length).toBe(1);
    // Another process may have used a folder in its place meanwhile.
    await rename(`${path}-away`, path);
    await expect.poll(() => channel.epoch, RECOVERY).not.toBe(before);
    expect(channel.holds(before)).toBeUndefined();
    await channel.append([entry("2")]);
    expect(await dataOf(channel)).toEqual(["1", "2"]);
    // A process that starts later is in the same life.
    expect((await suite.open(path)).epoch).toBe(channel.epoch);
  });

  it("continues with a new lock file, together with a process that starts", async () => {
    const path = suite.path("unlocked");
    const { channel, onError } = await watch(path);
    // lmdb gives both logs of this process the same environment.
    const other = await suite.open(path);
    await channel.append([entry("1")]);
    await rm(join(path, "lock.mdb"));
    const { lines } = await suite.run(publish, path);
    await expect.poll(() => onError.mock.calls.length).toBe(1);
    await expect.poll(() => lines.length, RECOVERY).toBe(1);
    await expect.poll(() => channel.append([entry("2")]).catch(() => "rejected"), RECOVERY).toEqual([3]);
    await expect.poll(() => dataOf(other).catch(() => "rejected"), RECOVERY).toEqual(["1", "new process", "2"]);
    expect(await dataOf(channel)).toEqual(["1", "new process", "2"]);
  });

  it("notices that an idle process's data file was overwritten by an older one", async () => {
    const path = suite.path("overwritten");
    const log = suite.log({ path });
    await (await log.open("orders", { retain: KEEP_ALL })).append([entry("1")]);
    await log.close();
    await cp(join(path, "data.mdb"), `${path}-older.mdb`);
    const { lines, child, ended } = await suite.run(
      `
        const onError = ({ code }) => console.log(code);
        const channel = await lmdbLog({ path: process.argv[2] }).open("orders", { retain: KEEP_ALL, onError });
        for (let n = 0; n < 20; n++) await channel.append([entry(n)]);
        const { epoch } = channel;
        const print = () => console.log("reset", channel.epoch !== epoch, channel.holds(epoch), channel.last);
        channel.tail({ appended() {}, trimmed() {}, reset: print });
        // Let a poll see the newest commit.
        setTimeout(() => console.log("ready"), 500);
        process.stdin.once("data", async () => console.log(await channel.append([entry("x")])));
      `,
      path,
    );
    await expect.poll(() => lines).toContain("ready");
    await cp(`${path}-older.mdb`, join(path, "data.mdb"));
    await expect.poll(() => lines, RECOVERY).toEqual(["ready", "LOG_FAILED", "reset true undefined 1"]);
    child.stdin!.write("\n");
    await expect.poll(() => lines).toContain("[ 2 ]");
    child.kill("SIGKILL");
    await ended;
    expect((await suite.open(path)).last).toBe(2);
  });

  it("sends a gap to a subscriber, and reports one outage and its end", async () => {
    const path = suite.path("subscribed");
    const onError = vi.fn();
    await using sluice = createSluice({ log: suite.log({ path }), onError });
    const [orders, notices] = [
      sluice.channel<{ placed: string }>("orders"),
      sluice.channel<{ sent: string }>("notices"),
    ];
    const types: string[] = [];
    const read = async () => {
      for await (const { type } of orders.subscribe({ from: "start" })) types.push(type);
    };
    const reading = read();
    await orders.publish("placed", "1");
    await notices.publish("sent", "1");
    await expect.poll(() => types).toEqual(["placed"]);
    await rename(path, `${path}-away`);
    await expect.poll(() => onError.mock.calls.length).toBeGreaterThan(0);
    await expect(orders.publish("placed", "rejected")).rejects.toMatchObject({ code: "LOG_FAILED" });
    await rename(`${path}-away`, path);
    await expect.poll(() => types, RECOVERY).toEqual(["placed", "gap", "placed"]);
    await orders.publish("placed", "2");
    await expect.poll(() => types).toEqual(["placed", "gap", "placed", "placed"]);
    await expect.poll(() => onError.mock.calls.length, RECOVERY).toBe(2);
    expect(onError.mock.calls).toMatchObject([
      [{ code: "LOG_FAILED", message: expect.stringContaining(path) }, { stage: "log" }],
      [{ message: expect.stringMatching(/^LMDB in .* works again/) }, { stage: "log", isOver: true }],
    ]);
    await sluice.close();
    await reading;
  });

  it("closes at once while it waits for a folder", async () => {
    const path = suite.path("closing");
    const log = suite.log({ path });
    const channel = await log.open("orders", { retain: KEEP_ALL });
    await remove(path);
    await expect(channel.append([entry("1")])).rejects.toMatchObject({ code: "LOG_FAILED" });
    await log.close();
    await expect(channel.append([entry("1")])).rejects.toMatchObject({ code: "CLOSED" });
  });
});
