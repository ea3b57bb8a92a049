import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OpenTurns } from "../../../../src/logs/shared/bounds/open-turns.ts";

const TIMEOUT_MS = 1_000;
const MOST = 32;

describe("channels that are opened at once", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "performance"] }));
  afterEach(() => void vi.useRealTimers());

  const late = () => new Error("No channel was opened.");

  it("are opened some at a time, in order, and the time of a waiting channel does not run", async () => {
    const turns = new OpenTurns(TIMEOUT_MS, MOST);
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    const open = async (i: number) => {
      begun.push(i);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, TIMEOUT_MS * 0.9));
      running--;
      return i;
    };
    const all = Array.from({ length: 500 }, (_, i) => i);
    const opened = Promise.all(all.map((i) => turns.run(() => open(i), late)));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS * 100);
    expect(await opened).toEqual(all);
    expect(begun).toEqual(all);
    expect(most).toBe(MOST);
  });

  it("are rejected if the store opens none of them within the timeout", async () => {
    const turns = new OpenTurns(TIMEOUT_MS, MOST);
    const fail = () => new Promise((_, reject) => setTimeout(() => reject(new Error("No answer.")), TIMEOUT_MS));
    const started = performance.now();
    const ended: { readonly reason: string; readonly after: number }[] = [];
    for (let i = 0; i < 500; i++)
      turns.run(fail, late).catch(({ message }) => ended.push({ reason: message, after: performance.now() - started }));
    await vi.advanceTimersByTimeAsync(TIMEOUT_MS * 3);
    expect(ended.filter(({ reason }) => reason === "No answer.")).toHaveLength(MOST);
    expect(ended).toHaveLength(500);
    // A store that works again has all turns.
    expect(await turns.run(async () => "open", late)).toBe("open");
  });

  it("do not wait for a channel that was refused", async () => {
    const turns = new OpenTurns(TIMEOUT_MS, MOST);
    const results = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) =>
        turns.run(() => (i % 2 === 0 ? Promise.reject(new Error("denied")) : Promise.resolve(i)), late),
      ),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(50);
  });
});
