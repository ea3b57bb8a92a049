import { describe, expect, it, vi } from "vitest";
import { stopClock } from "../../support/clocks/clock.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";
import { type JobsWorld, seen } from "./jobs-world.ts";

/** Tests when a job is forgotten: because of its age, or because of the limits. */
export function forgottenJobsContract(given: JobsWorld): void {
  describe("a job", () => {
    it("is not forgotten in place of a forgotten job with the same ID", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      try {
        given.jobs = given.makeJobs({ maxJobs: 1, keepFor: 30 });
        await given.jobs.start(() => undefined, { id: "x" }).result;
        await given.jobs.start(() => undefined, { id: "y" }).result;
        const running = given.jobs.start(() => new Promise(() => undefined), { id: "x" });
        vi.advanceTimersByTime(60);
        expect(given.jobs.get(running.id)).toMatchObject({ state: "running" });
      } finally {
        vi.useRealTimers();
      }
    });

    it("is forgotten in the order of ends, not of starts", async () => {
      given.jobs = given.makeJobs({ maxJobs: 2 });
      const long = given.steered();
      await given.jobs.start(() => undefined, { id: "short" }).result;
      long.finish();
      await long.result;
      given.jobs.start(() => undefined);
      expect(given.jobs.get("short")).toBeUndefined();
      expect(given.jobs.get(long.id)).toMatchObject({ state: "completed" });
    });

    it("is forgotten keepFor ms after its end", async () => {
      given.jobs = given.makeJobs({ keepFor: 1 });
      const { id, result } = given.jobs.start(() => undefined);
      await result;
      await expect.poll(() => given.jobs.get(id)).toBeUndefined();
    });

    it("is forgotten as soon as the wall clock is set forward beyond keepFor", async () => {
      using _clock = stopClock();
      given.jobs = given.makeJobs({ keepFor: 1_800_000 });
      const { id, result } = given.jobs.start(() => undefined);
      await result;
      await turns();
      vi.setSystemTime(Date.now() + 1_700_000);
      expect(given.jobs.get(id)).toMatchObject({ state: "completed" });
      vi.setSystemTime(Date.now() + 100_001);
      expect(given.jobs.get(id)).toBeUndefined();
      expect(() => given.jobs.start(() => new Promise(() => undefined), { id })).not.toThrow();
      expect(given.jobs.get(id)).toMatchObject({ state: "running" });
    });

    it("is forgotten keepFor ms after its end although the wall clock is set back", async () => {
      using _clock = stopClock();
      given.jobs = given.makeJobs({ keepFor: 10_000 });
      const { id, result } = given.jobs.start(() => undefined);
      await result;
      await turns();
      vi.setSystemTime(Date.now() - 3_600_000);
      vi.advanceTimersByTime(9_900);
      expect(given.jobs.get(id)).toMatchObject({ state: "completed" });
      vi.advanceTimersByTime(101);
      expect(given.jobs.get(id)).toBeUndefined();
    });

    it("is forgotten if there are more than maxJobs, the first to end first, but never while it runs", async () => {
      given.jobs = given.makeJobs({ maxJobs: 2 });
      const done = given.jobs.start(() => undefined);
      await done.result;
      const running = given.steered();
      given.jobs.start(() => new Promise(() => undefined), { id: "second" });
      expect(given.jobs.get(done.id)).toBeUndefined();
      expect(given.jobs.get(running.id)).toBeDefined();
      expect(() => given.jobs.start(() => undefined)).toThrowError(expect.objectContaining({ code: "INVALID_OPTION" }));
    });

    describe("beyond maxBytes", () => {
      /** Counts as about 20,000 bytes: two per character. */
      const large = { url: "x".repeat(10_000) };

      /** Runs a job to its end. */
      async function ended(id: string): Promise<void> {
        await given.jobs.start(() => large, { id }).result;
        await until("the end is known", () => given.jobs.get(id)?.state === "completed");
        await turns();
      }

      const known = (ids: readonly string[]) => ids.filter((id) => given.jobs.get(id) !== undefined);

      it("is forgotten in the order of ends, if it is over", async () => {
        given.jobs = given.makeJobs({ maxBytes: 110_000 });
        const ids = Array.from({ length: 20 }, (_, n) => `job ${n}`);
        for (const id of ids) await ended(id);
        expect(known(ids)).toEqual(ids.slice(-5));
        expect(given.jobs.get("job 19")!.result).toEqual(large);
        const late = given.follow("job 0");
        expect(await late.closed).toBe("refused");
        expect(late.status).toBe(404);
      });

      it("stays known if its end is the newest, so that its followers still receive it", async () => {
        given.jobs = given.makeJobs({ maxBytes: 1 });
        await ended("first");
        await ended("second");
        expect(known(["first", "second"])).toEqual(["second"]);
        const late = given.follow("second");
        await late.closed;
        expect(seen(late)).toEqual([["completed", large]]);
      });

      it("stays known while it runs, but loses its progress after that of others, and all ended jobs", async () => {
        given.jobs = given.makeJobs({ maxBytes: 50_000 });
        await ended("over");
        const progress: ((value: unknown) => Promise<void>)[] = [];
        const ids = Array.from({ length: 4 }, (_, n) => `running ${n}`);
        for (const id of ids) {
          given.jobs.start(
            (context) => {
              progress.push(context.progress as (value: unknown) => Promise<void>);
              return new Promise<undefined>(() => undefined);
            },
            { id },
          );
        }
        await turns();
        await ended("over later");
        for (const [n, send] of progress.entries()) await send(`${n}${large.url}`);
        await turns();
        expect(known(ids)).toEqual(ids);
        expect(known(["over", "over later"])).toEqual(["over later"]);
        expect(ids.map((id) => typeof given.jobs.get(id)!.progress)).toEqual([
          "undefined",
          "undefined",
          "undefined",
          "string",
        ]);
        // A new follower is not led to believe that there was no progress, or an older one: it receives the next.
        const follower = given.follow("running 0");
        await turns();
        expect(seen(follower)).toEqual([]);
        await progress[0]!(5);
        await turns();
        expect(seen(follower)).toEqual([["progress", 5]]);
        follower.disconnect();
      });
    });
  });
}
