import { cp, mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { open as openLmdb } from "lmdb";
import { describe, expect, it } from "vitest";
import { lmdbLog } from "../../../src/logs/lmdb/lmdb-log.ts";
import type { LogEntry, NewEntry } from "../../../src/logs/log.ts";
import { KEEP_ALL } from "../support/contracts/log-contract.ts";
import { lmdbSuite } from "./support/lmdb-suite.ts";
import { mountSmallDisk } from "./support/small-disk.ts";

const MIB = 1024 * 1024;

describe("lmdbLog, when things go wrong", () => {
  const suite = lmdbSuite();

  const entry = (n: number, data = String(n)): NewEntry => ({ type: "n", data, json: false });
  const big = (n: number) => entry(n, String(n).padEnd(10_000, "x"));

  it("rejects invalid options", () => {
    for (const options of [
      undefined,
      {},
      { path: "" },
      { path: 1 },
      { path: "a\0b" },
      { path: "a", mapSize: 5 },
      { path: "a", size: 1 },
    ]) {
      expect(() => lmdbLog(options as never)).toThrow(expect.objectContaining({ code: "INVALID_OPTION" }));
    }
  });

  it("accepts a relative path, and a path with a dot", async () => {
    const path = suite.path("made/for.it");
    const channel = await suite.open(relative(process.cwd(), path));
    await channel.append([entry(1)]);
    expect((await stat(join(path, "data.mdb"))).isFile()).toBe(true);
  });

  it.each([
    ["is a file", (path: string) => writeFile(path, "x")],
    [
      "is below a file",
      async (path: string) =>
        writeFile(join(path, ".."), "x").catch(() => mkdir(path).then(() => mkdir(join(path, "data.mdb")))),
    ],
    [
      "holds a file of another kind",
      (path: string) => mkdir(path).then(() => writeFile(join(path, "data.mdb"), "hello ".repeat(5_000))),
    ],
    ["holds a truncated file", (path: string) => mkdir(path).then(() => writeFile(join(path, "data.mdb"), "hello"))],
  ] as const)("rejects if its path %s, and can be tried again", async (name, make) => {
    const path = suite.path(name);
    await make(path);
    const log = suite.log({ path });
    await expect(log.open("orders", { retain: KEEP_ALL })).rejects.toMatchObject({
      code: "LOG_FAILED",
      message: expect.stringContaining(name),
    });
    await rm(path, { recursive: true });
    expect(await (await log.open("orders", { retain: KEEP_ALL })).append([entry(1)])).toEqual([1]);
  });

  it("rejects if it may not write", async () => {
    // Root may write everywhere except in virtual file systems.
    const isRoot = process.getuid?.() === 0;
    const path = isRoot ? "/proc/self/sluice" : suite.path("read-only");
    if (!isRoot) await mkdir(path, { mode: 0o500 });
    await expect(suite.open(path)).rejects.toMatchObject({ code: "LOG_FAILED" });
  });

  it("recognises a restored folder, keeps its entries, and accepts no earlier position", async () => {
    const [path, copy] = [suite.path("original"), suite.path("copy")];
    const log = suite.log({ path });
    const before = await log.open("orders", { retain: KEEP_ALL });
    await before.append([entry(1), entry(2), entry(3)]);
    await log.close();
    await cp(path, copy, { recursive: true });
    // The copy will lack these two: a subscriber that received them must learn of the loss.
    const original = await suite.open(path);
    expect(original.epoch).toBe(before.epoch);
    await original.append([entry(4), entry(5)]);

    const restored = await suite.open(copy);
    expect(restored.epoch).not.toBe(before.epoch);
    expect(restored).toMatchObject({ first: 1, last: 3 });
    expect(restored.holds(before.epoch)).toBeUndefined();
    expect(await restored.append([entry(40)])).toEqual([4]);
    // Opened again, also by another process of this machine, the life is the same.
    const again = await suite.open(copy);
    expect(again.epoch).toBe(restored.epoch);
    expect(again.holds(restored.epoch)).toBeUndefined();
    expect(again).toMatchObject({ first: 1, last: 4 });
  });

  it("does not touch a folder that another version has written in another layout", async () => {
    const path = suite.path("other");
    const log = suite.log({ path });
    await (await log.open("orders", { retain: KEEP_ALL })).append([entry(1)]);
    await log.close();
    const raw = openLmdb({ path, noSubdir: false, encoding: "binary", keyEncoding: "binary", useVersions: true });
    const list = Buffer.of(1);
    const value = raw.getBinary(list)!;
    await raw.put(list, Buffer.concat([value.subarray(0, 4), Buffer.from("sluice 0")]), raw.getEntry(list)!.version!);
    await raw.close();
    await expect(suite.open(path)).rejects.toMatchObject({
      code: "LOG_FAILED",
      message: expect.stringContaining("another version of Sluice"),
    });
  });

  it("rejects events beyond its mapSize, keeps the others, and continues when there is room", async () => {
    const channel = await suite.log({ path: suite.path("limited"), mapSize: MIB }).open("orders", { retain: KEEP_ALL });
    let kept = 0;
    const fill = async () => {
      for (;;) kept = (await channel.append([big(kept + 1)]))[0]!;
    };
    await expect(fill()).rejects.toMatchObject({ code: "LOG_FAILED", message: expect.stringContaining("mapSize") });
    expect(kept).toBeGreaterThan(30);
    expect(channel.last).toBe(kept);
    expect(await channel.read(0, 1_000, Number.POSITIVE_INFINITY)).toHaveLength(kept);
    await channel.trim(10);
    expect(await channel.append([big(kept + 1)])).toEqual([kept + 1]);
  });

  it("rejects only the append that has no room, not others in the same transaction", async () => {
    const channel = await suite.log({ path: suite.path("alone"), mapSize: MIB }).open("orders", { retain: KEEP_ALL });
    const results = await Promise.allSettled([
      channel.append([entry(1)]),
      channel.append([entry(2, "x".repeat(900_000))]),
      channel.append([entry(3)]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await channel.read(0, 10, 1e6)).toMatchObject([entry(1), entry(3)]);
  });

  it("does not let its file grow for ever with the same retention", async () => {
    const path = suite.path("steady");
    const channel = await suite.open(path, { ...KEEP_ALL, events: 500 });
    const publish = async (times: number) => {
      for (let i = 0; i < times; i++)
        await channel.append(Array.from({ length: 50 }, (_, n) => entry(n, "x".repeat(1_000 + ((i * 37) % 500)))));
    };
    await publish(30);
    const { size } = await stat(join(path, "data.mdb"));
    await publish(300);
    expect((await stat(join(path, "data.mdb"))).size).toBeLessThan(size * 1.5);
    expect(channel.last - channel.first + 1).toBe(500);
  });

  it("survives a full disk, loses no acknowledged event, and continues when there is room", async (context) => {
    const path = suite.path("small-disk");
    using disk = await mountSmallDisk(path, "2m");
    if (disk === undefined) return context.skip("This user may not mount a file system.");
    const { child, ended, lines } = await suite.run(
      `
        const log = lmdbLog({ path: process.argv[2] });
        const channel = await log.open("orders", { retain: KEEP_ALL });
        const big = (n) => ({ ...entry(n), data: JSON.stringify(String(n).padEnd(10000, "x")) });
        let kept = 0;
        let refused = 0;
        for (let n = 1; refused < 5; n++) {
          try {
            [kept] = await channel.append([big(kept + 1)]);
          } catch ({ code }) {
            refused++;
            console.log(code);
          }
        }
        const found = await channel.read(0, Infinity, Infinity);
        const isWhole = found.every(({ data }, i) => parseInt(JSON.parse(data)) === i + 1);
        console.log("kept", kept === found.length && isWhole && kept > 50);
        process.stdin.once("data", async () => {
          console.log("offset", (await channel.append([big(kept + 1)]))[0] === kept + 1, channel.last === kept + 1);
          await log.close();
          process.exit();
        });
      `,
      path,
    );
    await expect.poll(() => lines).toContain("kept true");
    expect(lines.filter((line) => line === "LOG_FAILED")).toHaveLength(5);
    disk.resize("8m");
    child.stdin!.write("\n");
    expect(await ended).toBe(0);
    expect(lines).toContain("offset true true");
  });

  it.for([200, 10_000])("makes room with a trim on a disk full of events of %i bytes", async (size, context) => {
    const path = suite.path(`trimmed-disk-${size}`);
    using disk = await mountSmallDisk(path, "2m");
    if (disk === undefined) return context.skip("This user may not mount a file system.");
    const { ended, lines } = await suite.run(
      `
        const log = lmdbLog({ path: process.argv[2] });
        const channel = await log.open("orders", { retain: KEEP_ALL });
        const big = (n) => ({ ...entry(n), data: JSON.stringify(String(n).padEnd(${size}, "x")) });
        let kept = 0;
        for (let full = false; !full; ) {
          await channel.append([big(kept + 1)]).then(([offset]) => { kept = offset; }, () => { full = true; });
        }
        await channel.trim(kept - 20);
        console.log("trimmed", channel.first === kept - 19);
        for (let i = 0; i < 20; i++) await channel.append([big(i)]);
        console.log("went on", channel.last === kept + 20);
        await log.close();
      `,
      path,
    );
    expect(await ended).toBe(0);
    expect(lines).toEqual(expect.arrayContaining(["trimmed true", "went on true"]));
  });

  it("makes room with a trim on a disk that other files have filled", async (context) => {
    const path = suite.path("filled-disk");
    using disk = await mountSmallDisk(path, "4m");
    if (disk === undefined) return context.skip("This user may not mount a file system.");
    const { ended, lines } = await suite.run(
      `
        import { appendFileSync } from "node:fs";
        const log = lmdbLog({ path: process.argv[2] });
        const channel = await log.open("orders", { retain: KEEP_ALL });
        await channel.append(Array.from({ length: 2000 }, (_, n) => entry("1".padEnd(200, "0"))));
        for (const bytes of [65536, 4096]) {
          try {
            for (;;) appendFileSync(process.argv[2] + "/filler", Buffer.alloc(bytes));
          } catch {}
        }
        await channel.trim(1990);
        for (let n = 0; n < 10; n++) await channel.append([entry(n)]);
        console.log("went on", channel.first, channel.last);
        await log.close();
      `,
      path,
    );
    expect(await ended).toBe(0);
    expect(lines).toContain("went on 1991 2010");
  });

  it("keeps any text of any size, and many events", async () => {
    const channel = await suite.open(suite.path("texts"));
    const texts = ["\ud800", "a\0b", "é\udfffx", "x".repeat(1024 * 1024), "\u{1f600}".repeat(1_000), ""];
    await channel.append(texts.map((data) => entry(0, data)));
    await channel.append([{ type: "n", data: "{}", json: true, id: "о".repeat(512), topics: ["\ud800"] }]);
    const found = await channel.read(0, 100, Number.POSITIVE_INFINITY);
    expect((found as readonly LogEntry[]).map(({ data }) => data)).toEqual([...texts, "{}"]);
    expect(found).toMatchObject({ 6: { topics: ["\ud800"] } });
    expect(await channel.positionOf("о".repeat(512))).toBe(7);
    const many = Array.from({ length: 100_000 }, (_, n) => channel.append([entry(n)]));
    expect((await Promise.all(many)).at(-1)).toEqual([100_007]);
  });

  it("closes after its pending appends are on disk, and rejects from then on", async () => {
    const path = suite.path("closed");
    const log = suite.log({ path });
    const channel = await log.open("orders", { retain: KEEP_ALL });
    const appends = Array.from({ length: 50 }, (_, n) => channel.append([entry(n)]));
    await log.close();
    expect((await Promise.all(appends)).flat()).toHaveLength(50);
    await expect(channel.append([entry(1)])).rejects.toMatchObject({ code: "CLOSED" });
    await expect(channel.read(0, 1, 1)).rejects.toMatchObject({ code: "CLOSED" });
    await expect(log.open("orders", { retain: KEEP_ALL })).rejects.toMatchObject({ code: "CLOSED" });
    expect((await suite.open(path)).last).toBe(50);
  });
});
