import { describe, expect, it, vi } from "vitest";
import { lmdbSuite } from "./support/lmdb-suite.ts";

describe("lmdbLog, if a commit takes longer than its timeout", () => {
  const suite = lmdbSuite();

  it("passes the event to the tail once it is committed, although its append was rejected", async () => {
    const path = suite.path("late");
    const { channel, seen } = await suite.follow(path);
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
    vi.useRealTimers();
    child.kill("SIGKILL");
    await ended;
    await expect.poll(() => seen).toMatchObject([{ offset: 1, data: "1" }]);
  });
});
