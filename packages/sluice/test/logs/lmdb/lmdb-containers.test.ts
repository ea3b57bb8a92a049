import { describe, expect, it } from "vitest";
import { runInContainers } from "./support/container.ts";
import { lmdbSuite } from "./support/lmdb-suite.ts";

/** Longer than a busy machine takes to refuse a folder. */
const LONG_MS = 30_000;

describe("lmdbLog in containers", () => {
  const suite = lmdbSuite();

  /** Opens the folder, or prints why it cannot. Publishes until a line arrives, and prints what is acknowledged. */
  const publish = `
    let stall = 0;
    let before = performance.now();
    setInterval(() => {
      const now = performance.now();
      stall = Math.max(stall, now - before);
      before = now;
    }, 10);
    await import("lmdb");
    const began = performance.now();
    const log = lmdbLog({ path: process.argv[2] });
    const channel = await log.open("orders", { retain: KEEP_ALL }).catch(({ code, message }) => {
      console.log(code, message);
      console.log("took", Math.round(performance.now() - began), "stall", Math.round(stall));
      process.exit(3);
    });
    console.log("open", process.pid, channel.last);
    let isOver = false;
    process.stdin.once("data", () => { isOver = true; });
    for (let n = channel.last + 1; !isOver; n++) console.log("offset", (await channel.append([entry(n)]))[0]);
    await log.close();
    process.exit(0);
  `;

  const isOpen = (lines: readonly string[]) => lines.some((line) => line.startsWith("open"));
  const offsets = (lines: readonly string[]) =>
    lines.filter((line) => /^offset \d+$/.test(line)).map((line) => Number(line.slice("offset ".length)));

  it("refuses a folder at once that a process of another PID namespace has open", async () => {
    const path = suite.path("refused");
    const first = await suite.runInContainer(publish, path);
    await expect.poll(() => offsets(first.lines).length).toBeGreaterThan(10);
    // Both have the PID 1. This process has another PID.
    const second = await suite.runInContainer(publish, path);
    expect(await second.ended).toBe(3);
    expect(second.lines[0]).toMatch(/^LOG_FAILED .*PID namespace.*folder of its own/);
    const [, took, stall] = /^took (\d+) stall (\d+)$/.exec(second.lines[1]!)!;
    // Waiting for the other process would never end.
    expect(Number(took)).toBeLessThan(LONG_MS);
    expect(Number(stall)).toBeLessThan(LONG_MS);
    await expect(suite.open(path)).rejects.toMatchObject({ code: "LOG_FAILED" });

    const before = offsets(first.lines).length;
    await expect.poll(() => offsets(first.lines).length).toBeGreaterThan(before + 10);
    first.child.stdin!.write("\n");
    expect(await first.ended).toBe(0);
    const acknowledged = offsets(first.lines);
    expect(acknowledged).toEqual(acknowledged.map((_, i) => i + 1));
    expect((await suite.open(path)).last).toBe(acknowledged.length);
  });

  it("opens the folder of a killed container, and loses no acknowledged event", async () => {
    const path = suite.path("restarted");
    let kept = 0;
    for (let round = 0; round < 5; round++) {
      const { child, lines, ended } = await suite.runInContainer(publish, path);
      await expect.poll(() => offsets(lines).length, { interval: 1 }).toBeGreaterThan(20);
      child.kill("SIGKILL");
      await ended;
      const found = Number(lines.find((line) => line.startsWith("open"))!.split(" ")[2]);
      expect(found).toBeGreaterThanOrEqual(kept);
      // The kill may have cut the last line.
      kept = offsets(lines).at(-2)!;
    }
    const channel = await suite.open(path);
    expect(channel.last).toBeGreaterThanOrEqual(kept);
    const found = await channel.read(0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
    expect(found).toMatchObject(Array.from({ length: channel.last }, (_, i) => ({ data: String(i + 1) })));
  });

  it("admits one of several containers that start at the same time", async () => {
    const path = suite.path("race");
    for (let round = 0; round < 3; round++) {
      const programs = await runInContainers(3, () => suite.runInContainer(publish, path));
      await expect.poll(() => programs.filter(({ lines }) => lines.length > 0).length).toBe(programs.length);
      const [admitted, ...others] = programs.filter(({ lines }) => isOpen(lines));
      expect(others).toEqual([]);
      admitted!.child.stdin!.write("\n");
      const codes = await Promise.all(programs.map(({ ended }) => ended));
      expect(codes.sort()).toEqual([0, 3, 3]);
    }
  });

  it("lets the processes of one container share a folder", async () => {
    const path = suite.path("shared");
    const program = await suite.runInContainer(
      `
        import { fork } from "node:child_process";
        const channel = await lmdbLog({ path: process.argv[2] }).open("orders", { retain: KEEP_ALL });
        if (process.send === undefined) {
          const child = fork(process.argv[1], [process.argv[2]]);
          await new Promise((resolve) => child.once("message", resolve));
        }
        for (let n = 0; n < 50; n++) await channel.append([entry(n)]);
        process.send?.("done");
        console.log("done");
        process.exit(0);
      `,
      path,
    );
    expect(await program.ended).toBe(0);
    expect((await suite.open(path)).last).toBe(100);
  });
});
