import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { buildLmdbLog, runProgram } from "./support/lmdb-program.ts";
import { lmdbSuite } from "./support/lmdb-suite.ts";

describe("lmdbLog in several processes", () => {
  const suite = lmdbSuite();

  /** Lets another process append one entry and exit. */
  const publishOnce = async (path: string) => {
    const publish = `
      const log = lmdbLog({ path: process.argv[2] });
      await (await log.open("orders", { retain: KEEP_ALL })).append([entry(1)]);
      await log.close();
    `;
    expect(await (await suite.run(publish, path)).ended).toBe(0);
  };

  it("loses no acknowledged event if its process is killed while it publishes", async () => {
    const path = suite.path("killed");
    const publish = `
      const channel = await lmdbLog({ path: process.argv[2] }).open("orders", { retain: KEEP_ALL });
      let n = channel.last;
      const next = async () => {
        for (;;) {
          const mine = ++n;
          const [offset] = await channel.append([entry(mine)]);
          process.stdout.write(mine + "=" + offset + "\\n");
        }
      };
      for (let i = 0; i < 20; i++) next();
    `;
    const acknowledged = new Map<number, string>();
    for (let round = 0; round < 6; round++) {
      const { child, lines, ended } = await suite.run(publish, path);
      const enough = 1 + Math.random() * 300;
      await expect.poll(() => lines.length, { interval: 1 }).toBeGreaterThan(enough);
      child.kill("SIGKILL");
      expect(await ended).toBe("SIGKILL");
      for (const line of lines) {
        const [data, offset] = line.split("=") as [string, string];
        // The kill may have cut the last line. The offsets are checked below.
        if (/^\d+=\d+$/.test(line) && line !== lines[lines.length - 1]) acknowledged.set(Number(offset), data);
      }
    }
    const channel = await suite.open(path);
    const found = await channel.read(0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    if (found === "gone") throw new Error("The first entries are gone.");
    expect(found.map(({ offset }) => offset)).toEqual(Array.from({ length: channel.last }, (_, i) => i + 1));
    expect(acknowledged.size).toBeGreaterThan(300);
    for (const [offset, data] of acknowledged) expect(found[offset - 1]?.data).toBe(data);
  });

  it("lets a process exit while it and another process publish", async () => {
    const path = suite.path("exiting");
    const publish = `
      const retain = { ...KEEP_ALL, events: 1000 };
      const channel = await lmdbLog({ path: process.argv[2] }).open("orders", { retain });
      const enough = Math.random() * 50;
      let acknowledged = 0;
      setInterval(() => {
        for (let i = 0; i < 5; i++) channel.append([entry(i)]).then(() => acknowledged++, () => undefined);
        // Some appends were acknowledged, and these are pending.
        if (acknowledged > enough) process.exit(7);
      }, 2);
    `;
    for (let round = 0; round < 10; round++) {
      const programs = await Promise.all([suite.run(publish, path), suite.run(publish, path)]);
      const hanging = new Promise<string>((resolve) => setTimeout(resolve, 20_000, "still running"));
      try {
        for (const { ended } of programs) expect(await Promise.race([ended, hanging])).toBe(7);
      } finally {
        for (const { child } of programs) child.kill("SIGKILL");
      }
    }
  });

  it.for([1, 100])("lets processes publish to one channel as fast as they can, %i at a time", async (atATime) => {
    const path = suite.path(`racing-${atATime}`);
    const { channel, seen } = await suite.follow(path);
    // Each continues until all have published a hundred times, so that no process is alone before.
    const publish = `
      const log = lmdbLog({ path: process.argv[2] });
      const channel = await log.open("orders", { retain: KEEP_ALL });
      const counts = new Map();
      const appended = (entries) => {
        for (const { type } of entries) counts.set(type, (counts.get(type) ?? 0) + 1);
      };
      const before = channel.last;
      channel.tail({ appended, trimmed() {}, reset() {} });
      if (before > 0) appended(await channel.read(0, before, Infinity));
      const type = process.argv[3];
      const isOver = () => counts.size === 3 && [...counts.values()].every((count) => count >= 100);
      let n = 0;
      const next = async () => {
        while (!isOver()) {
          const mine = ++n;
          const [offset] = await channel.append([{ type, data: String(mine), json: true }]);
          process.stdout.write(offset + "=" + type + mine + "\\n");
        }
      };
      await Promise.all(Array.from({ length: ${atATime} }, next));
      await log.close();
    `;
    const programs = await Promise.all(["a", "b", "c"].map((type) => suite.run(publish, path, type)));
    expect(await Promise.all(programs.map(({ ended }) => ended))).toEqual([0, 0, 0]);
    await channel.sync();
    expect(seen.map(({ offset }) => offset)).toEqual(seen.map((_, i) => i + 1));
    const acknowledged = programs.flatMap(({ lines }) => lines);
    expect(seen.map(({ offset, type, data }) => `${offset}=${type}${data}`).sort()).toEqual(acknowledged.sort());
    for (const type of ["a", "b", "c"]) {
      const numbers = seen.filter((entry) => entry.type === type).map(({ data }) => Number(data));
      expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    }
  });

  it("receives everything that another process appends, in order", async () => {
    const path = suite.path("two");
    const { channel, seen } = await suite.follow(path);
    const publish = `
      const log = lmdbLog({ path: process.argv[2] });
      const channel = await log.open("orders", { retain: KEEP_ALL });
      for (let n = 0; n < 2000; n += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, i) => channel.append([entry(n + i)])));
      }
      await log.close();
    `;
    const { ended } = await suite.run(publish, path);
    const own = Promise.all(
      Array.from({ length: 500 }, (_, i) => channel.append([{ type: "own", data: String(i), json: true }])),
    );
    expect(await ended).toBe(0);
    await own;
    await channel.sync();
    expect(seen.map(({ offset }) => offset)).toEqual(Array.from({ length: 2_500 }, (_, i) => i + 1));
    expect(seen.filter(({ type }) => type === "n").map(({ data }) => Number(data))).toEqual(
      Array.from({ length: 2_000 }, (_, i) => i),
    );
  });

  it("is notified by another process without polling", async () => {
    const path = suite.path("woken");
    vi.useFakeTimers({ toFake: ["setInterval"] });
    const { seen } = await suite.follow(path);
    await publishOnce(path);
    vi.useRealTimers();
    await expect.poll(() => seen.length).toBe(1);
  });

  it("rejects if another process stops during a commit, and continues when that process is gone", async () => {
    const path = suite.path("stopped");
    const channel = await suite.open(path);
    const stop = `
      import { open } from "lmdb";
      open({ path: process.argv[2], noSubdir: false, overlappingSync: false }).transactionSync(() => {
        console.log("stopped");
        for (;;);
      });
    `;
    const { child, lines, ended } = await suite.run(stop, path);
    await expect.poll(() => lines).toContain("stopped");
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const append = channel.append([{ type: "n", data: "1", json: true }]);
    const rejected = expect(append).rejects.toMatchObject({ code: "LOG_FAILED" });
    await vi.advanceTimersByTimeAsync(15_000);
    await rejected;
    await expect(channel.append([{ type: "n", data: "2", json: true }])).rejects.toMatchObject({ code: "LOG_FAILED" });
    vi.useRealTimers();
    child.kill("SIGKILL");
    await ended;
    // The first append was with LMDB already, and is written after all. The second one never reached LMDB.
    await expect.poll(() => channel.append([{ type: "n", data: "3", json: true }]).catch(() => "stopped")).toEqual([2]);
    expect(await channel.read(0, 10, 1e6)).toMatchObject([{ data: "1" }, { data: "3" }]);
  });

  it("finds an event without a notification", async () => {
    const path = suite.path("unwoken");
    const { seen } = await suite.follow(path);
    // Without this file, another process cannot notify this one.
    await rm(join(path, "wake"));
    await publishOnce(path);
    await expect.poll(() => seen.length).toBe(1);
  });

  it("lets a process exit that has nothing else to do", async () => {
    const { ended, lines } = await suite.run(
      `
        const retain = { ...KEEP_ALL, age: 1000 };
        const channel = await lmdbLog({ path: process.argv[2] }).open("orders", { retain });
        channel.tail({ appended() {}, trimmed() {}, reset() {} });
        await channel.append([entry(1)]);
        console.log("published");
      `,
      suite.path("alive"),
    );
    expect(await ended).toBe(0);
    expect(lines).toEqual(["published"]);
  });

  it("names the package to install if lmdb is missing", async () => {
    const bare = await mkdtemp(join(tmpdir(), "sluice-lmdb-bare-"));
    await buildLmdbLog(bare, false);
    const open = `await lmdbLog({ path: process.argv[2] }).open("orders", { retain: KEEP_ALL });`;
    const { ended, lines } = await runProgram(bare, open, [join(bare, "data")]).then(async (program) => ({
      ...program,
      ended: await program.ended,
    }));
    expect(ended).toBe(1);
    expect(lines.join("\n")).toContain("MISSING_PACKAGE");
    expect(lines.join("\n")).toContain("npm install lmdb");
    await rm(bare, { recursive: true });
  });
});
