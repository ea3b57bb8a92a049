import { describe, expect, it } from "vitest";
import { JobFailure } from "../../../src/jobs/job-failure.ts";
import { turns } from "../../support/turns.ts";
import { type JobsWorld, seen } from "./jobs-world.ts";

/** Tests the state of a job, its end and who may see it. */
export function jobContract(given: JobsWorld): void {
  describe("a job", () => {
    it("fails if it throws: its followers do not receive the error, but onError does", async () => {
      const job = given.steered();
      const follower = given.follow(job.id);
      await turns();
      job.fail(new Error("password is hunter2"));
      await follower.closed;
      expect(seen(follower)).toEqual([["failed", { message: "The job failed." }]]);
      expect(given.world.errors).toMatchObject([
        { error: { message: "password is hunter2" }, context: { stage: "job" } },
      ]);
      await expect(job.result).rejects.toThrow("hunter2");
    });

    it("fails for all followers if its result cannot be published", async () => {
      const job = given.jobs.start(() => ({ url: 10n }) as never);
      const follower = given.follow(job.id);
      expect(await follower.closed).toBe("source-ended");
      const failed = [["failed", { message: "The job's result could not be published." }]];
      expect(seen(follower)).toEqual(failed);
      const late = given.follow(job.id);
      expect(await late.closed).toBe("source-ended");
      expect(seen(late)).toEqual(failed);
      expect(given.jobs.get(job.id)).toMatchObject({ state: "failed", result: undefined });
    });

    it("continues if its progress cannot be published, and keeps its earlier progress", async () => {
      const job = given.steered();
      await turns();
      await job.progress(1);
      await expect(job.progress(10n as never)).rejects.toMatchObject({ code: "INVALID_DATA" });
      const follower = given.follow(job.id);
      await turns();
      job.finish();
      await follower.closed;
      expect(seen(follower)).toEqual([
        ["progress", 1],
        ["completed", { url: "/file" }],
      ]);
    });

    it("sends its followers the message of a JobFailure", async () => {
      const job = given.steered();
      const follower = given.follow(job.id);
      await turns();
      job.fail(new JobFailure("The disk is full."));
      await follower.closed;
      expect(seen(follower)).toEqual([["failed", { message: "The disk is full." }]]);
    });

    it("can be cancelled: its signal aborts, and its followers receive the end", async () => {
      const job = given.steered();
      const follower = given.follow(job.id);
      await turns();
      expect(given.jobs.cancel(job.id)).toBe(true);
      await follower.closed;
      expect(seen(follower)).toEqual([["cancelled", { message: "The job was cancelled." }]]);
      expect(job.signal().aborted).toBe(true);
      expect(given.jobs.get(job.id)).toMatchObject({ state: "cancelled" });
      expect(given.jobs.cancel(job.id)).toBe(false);
      job.finish();
      await expect(job.result).rejects.toMatchObject({ name: "AbortError" });
      await job.progress(1);
      expect(given.jobs.get(job.id)).toMatchObject({ state: "cancelled", progress: undefined });
    });

    it("has a state that get() shows", async () => {
      const job = given.steered();
      await turns();
      await job.progress(5);
      expect(given.jobs.get(job.id)).toMatchObject({
        id: job.id,
        state: "running",
        progress: 5,
        result: undefined,
        startedAt: expect.any(Date),
        user: undefined,
      });
      job.finish();
      await job.result;
      expect(given.jobs.get(job.id)).toMatchObject({ state: "completed", result: { url: "/file" } });
      expect(given.jobs.get("nobody")).toBeUndefined();
    });

    it("completes with null if it returns nothing", async () => {
      const { id, result } = given.jobs.start(() => undefined);
      await result;
      const follower = given.follow(id);
      await follower.closed;
      expect(seen(follower)).toEqual([["completed", null]]);
    });

    it.each([
      ["nothing", () => Promise.reject()],
      ["null", () => Promise.reject(null)],
      ["an object whose every use throws", () => Promise.reject(unusable())],
      ["a JobFailure without a usable message", () => Promise.reject(failureWithoutMessage())],
    ])("fails for its followers if it throws %s", async (_, work) => {
      const { id, result } = given.jobs.start(work);
      const follower = given.follow(id);
      expect(await follower.closed).toBe("source-ended");
      expect(seen(follower)).toEqual([["failed", { message: "The job failed." }]]);
      await result.catch(() => undefined);
    });

    it("is unknown to all but its user: get() and cancel() answer them as if there were no such job", async () => {
      const { id, result } = given.jobs.start(() => new Promise(() => undefined), { user: "ada" });
      result.catch(() => undefined);
      const isUnknown = () => {
        for (const options of [undefined, {}, { user: undefined }, { user: "ben" }] as { user?: string }[]) {
          expect(given.jobs.get(id, options)).toBeUndefined();
          expect(given.jobs.cancel(id, options)).toBe(false);
        }
      };
      isUnknown();
      await turns();
      isUnknown();
      expect(given.jobs.get(id, { user: "ada" })).toMatchObject({ id, state: "running", user: "ada" });
      expect(given.jobs.cancel(id, { user: "ada" })).toBe(true);
      expect(given.jobs.get(id)).toBeUndefined();
      expect(given.jobs.get(id, { user: "ada" })).toMatchObject({ state: "cancelled" });
    });

    it("is known to every user if it has none", async () => {
      const { id } = given.jobs.start(() => new Promise<undefined>(() => undefined));
      await turns();
      expect(given.jobs.get(id, { user: "ada" })).toMatchObject({ state: "running", user: undefined });
      expect(given.jobs.cancel(id, { user: "ben" })).toBe(true);
    });

    it("shows its followers and get() copies of what it sent, so that later changes do not reach them", async () => {
      const progress = { percent: 10 };
      const job = given.jobs.start(async (context) => {
        await context.progress(progress as never);
        progress.percent = 99;
        await new Promise(() => undefined);
        return undefined;
      });
      await turns();
      const shown = given.jobs.get(job.id)!.progress as unknown as typeof progress;
      expect(shown).toEqual({ percent: 10 });
      shown.percent = 50;
      expect(given.jobs.get(job.id)!.progress).toEqual({ percent: 10 });
      const follower = given.follow(job.id);
      await turns();
      expect(seen(follower)).toEqual([["progress", { percent: 10 }]]);
      follower.disconnect();
    });

    it("sends a progress that is a text as it is, also to late followers", async () => {
      const job = given.jobs.start(async (context) => {
        await context.progress("half done" as never);
        await new Promise(() => undefined);
        return undefined;
      });
      await turns();
      expect(given.jobs.get(job.id)!.progress).toBe("half done");
      const follower = given.follow(job.id);
      await turns();
      follower.take();
      expect(follower.seen).toMatchObject([{ type: "progress", data: "half done" }]);
      follower.disconnect();
    });

    it("shows new followers its newest progress that could be published, if several could not", async () => {
      const job = given.steered();
      await turns();
      await job.progress(1);
      const tooLarge = "x".repeat(2_000_000) as never;
      await Promise.allSettled([job.progress(tooLarge), job.progress(tooLarge)]);
      expect(given.jobs.get(job.id)).toMatchObject({ progress: 1 });
    });

    it("cannot be started with the ID of another job", () => {
      given.jobs.start(() => new Promise(() => undefined), { id: "same" });
      expect(() => given.jobs.start(() => undefined, { id: "same" })).toThrowError(/same/);
    });
  });
}

/** An object that throws whenever it is used. */
function unusable(): unknown {
  const fail = () => {
    throw new Error("This object cannot be used.");
  };
  return new Proxy({}, { get: fail, getPrototypeOf: fail, has: fail });
}

function failureWithoutMessage(): JobFailure {
  return Object.defineProperty(new JobFailure(""), "message", { get: () => unusable() });
}
