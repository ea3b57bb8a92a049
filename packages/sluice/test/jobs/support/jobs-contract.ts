import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Channel } from "../../../src/channel/channel.ts";
import { JobFailure } from "../../../src/jobs/job-failure.ts";
import { Jobs } from "../../../src/jobs/jobs.ts";
import { checkJobsOptions, type JobsOptions } from "../../../src/jobs/jobs-options.ts";
import type { JobNodes } from "../../../src/jobs/registry/shared-jobs.ts";
import { type ChannelWorld, openWorld } from "../../channel/support/channel-world.ts";
import type { FakeSubscriber } from "../../channel/support/fake-subscriber.ts";
import { stopClock } from "../../support/clocks/clock.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

/** The tests that jobs pass with every registry. `nodes`: the nodes that share the log. Default: no log is shared. */
export function jobsContract(name: string, nodes?: JobNodes): void {
  describe(name, () => {
    let world: ChannelWorld;
    let jobs: Jobs<number, { url: string } | undefined>;

    function makeJobs(options: JobsOptions = {}): Jobs<number, { url: string } | undefined> {
      const { hub, channel } = world;
      const limits = checkJobsOptions(options);
      return new Jobs({
        hub,
        channel: channel as unknown as Channel,
        name: "exports",
        limits,
        nodes: nodes && { get: () => nodes },
      });
    }

    // The first jobs, and the first stream of a job, load these modules. No test should wait for them.
    beforeAll(() =>
      Promise.all([
        import("../../../src/jobs/loaded-jobs.ts"),
        import("../../../src/jobs/job-progress.ts"),
        import("../../../src/jobs/registry/shared-jobs.ts"),
      ]),
    );

    beforeEach(async () => {
      world = await openWorld();
      jobs = makeJobs();
    });

    afterEach(() => world.channel.close());

    /** Starts a job that the test controls. */
    function steered() {
      let finish!: () => void;
      let fail!: (error: unknown) => void;
      let progress!: (value: number) => Promise<void>;
      let signal!: AbortSignal;
      const { id, result } = jobs.start((context) => {
        progress = context.progress;
        signal = context.signal;
        return new Promise((resolve, reject) => {
          finish = () => resolve({ url: "/file" });
          fail = reject;
        });
      });
      return {
        id,
        result,
        finish: () => finish(),
        fail: (error: unknown) => fail(error),
        progress: (n: number) => progress(n),
        signal: () => signal,
      };
    }

    function follow(id: string, lastEventId?: string): FakeSubscriber {
      return world.connect(jobs.progress(id), lastEventId);
    }

    function seen(subscriber: FakeSubscriber): unknown[] {
      subscriber.take();
      return subscriber.seen.map(({ type, data }) => [type, JSON.parse(data)]);
    }

    describe("a follower of a job", () => {
      it("receives progress and the end, and then the stream ends", async () => {
        const job = steered();
        const follower = follow(job.id);
        await turns();
        await job.progress(10);
        await job.progress(50);
        job.finish();
        expect(await follower.closed).toBe("source-ended");
        expect(seen(follower)).toEqual([
          ["progress", 10],
          ["progress", 50],
          ["completed", { url: "/file" }],
        ]);
        await expect(job.result).resolves.toEqual({ url: "/file" });
      });

      it("receives the newest progress first if it begins in the middle", async () => {
        const job = steered();
        await turns();
        await job.progress(10);
        await job.progress(20);
        const follower = follow(job.id);
        await turns();
        expect(seen(follower)).toEqual([["progress", 20]]);
        await job.progress(30);
        await turns();
        expect(seen(follower)).toEqual([
          ["progress", 20],
          ["progress", 30],
        ]);
        follower.disconnect();
      });

      it("resumes after its last event ID without loss or repetition", async () => {
        const job = steered();
        const first = follow(job.id);
        await turns();
        await job.progress(1);
        await turns();
        seen(first);
        first.disconnect();
        await job.progress(2);
        const again = follow(job.id, first.lastEventId);
        await turns();
        job.finish();
        await again.closed;
        expect(seen(again)).toEqual([
          ["progress", 2],
          ["completed", { url: "/file" }],
        ]);
      });

      it("receives the end of an ended job, and then 204", async () => {
        const job = steered();
        await turns();
        job.finish();
        await job.result;
        const late = follow(job.id);
        expect(await late.closed).toBe("source-ended");
        expect(seen(late)).toEqual([["completed", { url: "/file" }]]);
        const again = follow(job.id, late.lastEventId);
        expect(await again.closed).toBe("refused");
        expect(again.status).toBe(204);
      });

      it("receives the end if its last event ID is of a later event, such as another job's", async () => {
        const job = steered();
        const first = follow(job.id);
        await turns();
        job.finish();
        await job.result;
        await first.closed;
        const other = steered();
        const follower = follow(other.id);
        await turns();
        await other.progress(1);
        await turns();
        seen(follower);
        const late = follow(job.id, follower.lastEventId);
        expect(await late.closed).toBe("source-ended");
        expect(seen(late)).toEqual([["completed", { url: "/file" }]]);
        const again = follow(job.id, late.lastEventId);
        expect(await again.closed).toBe("refused");
        expect(again.status).toBe(204);
        other.finish();
        await follower.closed;
      });

      it("receives the end after a gap if it missed the end and the log trimmed it", async () => {
        world = await openWorld({ retain: { events: 2 } });
        jobs = makeJobs();
        const job = steered();
        const first = follow(job.id);
        await turns();
        await job.progress(1);
        await turns();
        seen(first);
        first.disconnect();
        job.finish();
        await job.result;
        for (let n = 0; n < 5; n++) await world.channel.publish("progress", n, { topics: ["another"] });
        const again = follow(job.id, first.lastEventId);
        expect(await again.closed).toBe("source-ended");
        expect(seen(again)).toMatchObject([
          ["gap", { reason: "trimmed" }],
          ["completed", { url: "/file" }],
        ]);
      });

      it("gets 404 if the job is unknown", async () => {
        const follower = follow("nobody");
        expect(await follower.closed).toBe("refused");
        expect(follower.status).toBe(404);
        expect(world.errors).toEqual([]);
      });

      it("gets 404 if the job belongs to another user", async () => {
        const { id } = jobs.start(() => undefined, { user: "ada" });
        for (const options of [{}, { user: "ben" }]) {
          const stranger = world.connect(jobs.progress(id, options));
          expect(await stranger.closed).toBe("refused");
          expect(stranger.status).toBe(404);
        }
        const owner = world.connect(jobs.progress(id, { user: "ada" }));
        expect(await owner.closed).toBe("source-ended");
        expect(seen(owner)).toEqual([["completed", null]]);
      });

      it("receives nothing of other jobs", async () => {
        const [one, two] = [steered(), steered()];
        const follower = follow(one.id);
        await turns();
        await two.progress(99);
        await one.progress(1);
        await turns();
        expect(seen(follower)).toEqual([["progress", 1]]);
        follower.disconnect();
      });

      it("unsubscribes from the channel when it leaves", async () => {
        const job = steered();
        await turns();
        const { cohorts } = world.channel.stats();
        // A registry of all processes reads the channel, too.
        expect(cohorts).toBe(nodes === undefined ? 0 : 1);
        const follower = follow(job.id);
        await turns();
        expect(world.channel.stats().cohorts).toBe(cohorts + 1);
        follower.disconnect();
        expect(await follower.closed).toBe("client");
        await turns();
        expect(world.channel.stats()).toMatchObject({ subscribers: 0, cohorts });
      });
    });

    describe("a job", () => {
      it("fails if it throws: its followers do not receive the error, but onError does", async () => {
        const job = steered();
        const follower = follow(job.id);
        await turns();
        job.fail(new Error("password is hunter2"));
        await follower.closed;
        expect(seen(follower)).toEqual([["failed", { message: "The job failed." }]]);
        expect(world.errors).toMatchObject([{ error: { message: "password is hunter2" }, context: { stage: "job" } }]);
        await expect(job.result).rejects.toThrow("hunter2");
      });

      it("fails for all followers if its result cannot be published", async () => {
        const job = jobs.start(() => ({ url: 10n }) as never);
        const follower = follow(job.id);
        expect(await follower.closed).toBe("source-ended");
        const failed = [["failed", { message: "The job's result could not be published." }]];
        expect(seen(follower)).toEqual(failed);
        const late = follow(job.id);
        expect(await late.closed).toBe("source-ended");
        expect(seen(late)).toEqual(failed);
        expect(jobs.get(job.id)).toMatchObject({ state: "failed", result: undefined });
      });

      it("continues if its progress cannot be published, and keeps its earlier progress", async () => {
        const job = steered();
        await turns();
        await job.progress(1);
        await expect(job.progress(10n as never)).rejects.toMatchObject({ code: "INVALID_DATA" });
        const follower = follow(job.id);
        await turns();
        job.finish();
        await follower.closed;
        expect(seen(follower)).toEqual([
          ["progress", 1],
          ["completed", { url: "/file" }],
        ]);
      });

      it("is not forgotten in place of a forgotten job with the same ID", async () => {
        vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
        try {
          jobs = makeJobs({ maxJobs: 1, keepFor: 30 });
          await jobs.start(() => undefined, { id: "x" }).result;
          await jobs.start(() => undefined, { id: "y" }).result;
          const running = jobs.start(() => new Promise(() => undefined), { id: "x" });
          vi.advanceTimersByTime(60);
          expect(jobs.get(running.id)).toMatchObject({ state: "running" });
        } finally {
          vi.useRealTimers();
        }
      });

      it("is forgotten in the order of ends, not of starts", async () => {
        jobs = makeJobs({ maxJobs: 2 });
        const long = steered();
        await jobs.start(() => undefined, { id: "short" }).result;
        long.finish();
        await long.result;
        jobs.start(() => undefined);
        expect(jobs.get("short")).toBeUndefined();
        expect(jobs.get(long.id)).toMatchObject({ state: "completed" });
      });

      it("sends its followers the message of a JobFailure", async () => {
        const job = steered();
        const follower = follow(job.id);
        await turns();
        job.fail(new JobFailure("The disk is full."));
        await follower.closed;
        expect(seen(follower)).toEqual([["failed", { message: "The disk is full." }]]);
      });

      it("can be cancelled: its signal aborts, and its followers receive the end", async () => {
        const job = steered();
        const follower = follow(job.id);
        await turns();
        expect(jobs.cancel(job.id)).toBe(true);
        await follower.closed;
        expect(seen(follower)).toEqual([["cancelled", { message: "The job was cancelled." }]]);
        expect(job.signal().aborted).toBe(true);
        expect(jobs.get(job.id)).toMatchObject({ state: "cancelled" });
        expect(jobs.cancel(job.id)).toBe(false);
        job.finish();
        await expect(job.result).rejects.toMatchObject({ name: "AbortError" });
        await job.progress(1);
        expect(jobs.get(job.id)).toMatchObject({ state: "cancelled", progress: undefined });
      });

      it("has a state that get() shows", async () => {
        const job = steered();
        await turns();
        await job.progress(5);
        expect(jobs.get(job.id)).toMatchObject({
          id: job.id,
          state: "running",
          progress: 5,
          result: undefined,
          startedAt: expect.any(Date),
          user: undefined,
        });
        job.finish();
        await job.result;
        expect(jobs.get(job.id)).toMatchObject({ state: "completed", result: { url: "/file" } });
        expect(jobs.get("nobody")).toBeUndefined();
      });

      it("completes with null if it returns nothing", async () => {
        const { id, result } = jobs.start(() => undefined);
        await result;
        const follower = follow(id);
        await follower.closed;
        expect(seen(follower)).toEqual([["completed", null]]);
      });

      it("is forgotten keepFor ms after its end", async () => {
        jobs = makeJobs({ keepFor: 1 });
        const { id, result } = jobs.start(() => undefined);
        await result;
        await expect.poll(() => jobs.get(id)).toBeUndefined();
      });

      it("is forgotten as soon as the wall clock is set forward beyond keepFor", async () => {
        using _clock = stopClock();
        jobs = makeJobs({ keepFor: 1_800_000 });
        const { id, result } = jobs.start(() => undefined);
        await result;
        await turns();
        vi.setSystemTime(Date.now() + 1_700_000);
        expect(jobs.get(id)).toMatchObject({ state: "completed" });
        vi.setSystemTime(Date.now() + 100_001);
        expect(jobs.get(id)).toBeUndefined();
        expect(() => jobs.start(() => new Promise(() => undefined), { id })).not.toThrow();
        expect(jobs.get(id)).toMatchObject({ state: "running" });
      });

      it("is forgotten keepFor ms after its end although the wall clock is set back", async () => {
        using _clock = stopClock();
        jobs = makeJobs({ keepFor: 10_000 });
        const { id, result } = jobs.start(() => undefined);
        await result;
        await turns();
        vi.setSystemTime(Date.now() - 3_600_000);
        vi.advanceTimersByTime(9_900);
        expect(jobs.get(id)).toMatchObject({ state: "completed" });
        vi.advanceTimersByTime(101);
        expect(jobs.get(id)).toBeUndefined();
      });

      it("is forgotten if there are more than maxJobs, the first to end first, but never while it runs", async () => {
        jobs = makeJobs({ maxJobs: 2 });
        const done = jobs.start(() => undefined);
        await done.result;
        const running = steered();
        jobs.start(() => new Promise(() => undefined), { id: "second" });
        expect(jobs.get(done.id)).toBeUndefined();
        expect(jobs.get(running.id)).toBeDefined();
        expect(() => jobs.start(() => undefined)).toThrowError(expect.objectContaining({ code: "INVALID_OPTION" }));
      });

      it.each([
        ["nothing", () => Promise.reject()],
        ["null", () => Promise.reject(null)],
        ["an object whose every use throws", () => Promise.reject(unusable())],
        ["a JobFailure without a usable message", () => Promise.reject(failureWithoutMessage())],
      ])("fails for its followers if it throws %s", async (_, work) => {
        const { id, result } = jobs.start(work);
        const follower = follow(id);
        expect(await follower.closed).toBe("source-ended");
        expect(seen(follower)).toEqual([["failed", { message: "The job failed." }]]);
        await result.catch(() => undefined);
      });

      it("is unknown to all but its user: get() and cancel() answer them as if there were no such job", async () => {
        const { id, result } = jobs.start(() => new Promise(() => undefined), { user: "ada" });
        result.catch(() => undefined);
        const isUnknown = () => {
          for (const options of [undefined, {}, { user: undefined }, { user: "ben" }] as { user?: string }[]) {
            expect(jobs.get(id, options)).toBeUndefined();
            expect(jobs.cancel(id, options)).toBe(false);
          }
        };
        isUnknown();
        await turns();
        isUnknown();
        expect(jobs.get(id, { user: "ada" })).toMatchObject({ id, state: "running", user: "ada" });
        expect(jobs.cancel(id, { user: "ada" })).toBe(true);
        expect(jobs.get(id)).toBeUndefined();
        expect(jobs.get(id, { user: "ada" })).toMatchObject({ state: "cancelled" });
      });

      it("is known to every user if it has none", async () => {
        const { id } = jobs.start(() => new Promise<undefined>(() => undefined));
        await turns();
        expect(jobs.get(id, { user: "ada" })).toMatchObject({ state: "running", user: undefined });
        expect(jobs.cancel(id, { user: "ben" })).toBe(true);
      });

      it("shows its followers and get() copies of what it sent, so that later changes do not reach them", async () => {
        const progress = { percent: 10 };
        const job = jobs.start(async (context) => {
          await context.progress(progress as never);
          progress.percent = 99;
          await new Promise(() => undefined);
          return undefined;
        });
        await turns();
        const shown = jobs.get(job.id)!.progress as unknown as typeof progress;
        expect(shown).toEqual({ percent: 10 });
        shown.percent = 50;
        expect(jobs.get(job.id)!.progress).toEqual({ percent: 10 });
        const follower = follow(job.id);
        await turns();
        expect(seen(follower)).toEqual([["progress", { percent: 10 }]]);
        follower.disconnect();
      });

      it("sends a progress that is a text as it is, also to late followers", async () => {
        const job = jobs.start(async (context) => {
          await context.progress("half done" as never);
          await new Promise(() => undefined);
          return undefined;
        });
        await turns();
        expect(jobs.get(job.id)!.progress).toBe("half done");
        const follower = follow(job.id);
        await turns();
        follower.take();
        expect(follower.seen).toMatchObject([{ type: "progress", data: "half done" }]);
        follower.disconnect();
      });

      it("shows new followers its newest progress that could be published, if several could not", async () => {
        const job = steered();
        await turns();
        await job.progress(1);
        const tooLarge = "x".repeat(2_000_000) as never;
        await Promise.allSettled([job.progress(tooLarge), job.progress(tooLarge)]);
        expect(jobs.get(job.id)).toMatchObject({ progress: 1 });
      });

      describe("beyond maxBytes", () => {
        /** Counts as about 20,000 bytes: two per character. */
        const large = { url: "x".repeat(10_000) };

        /** Runs a job to its end. */
        async function ended(id: string): Promise<void> {
          await jobs.start(() => large, { id }).result;
          await until("the end is known", () => jobs.get(id)?.state === "completed");
          await turns();
        }

        const known = (ids: readonly string[]) => ids.filter((id) => jobs.get(id) !== undefined);

        it("is forgotten in the order of ends, if it is over", async () => {
          jobs = makeJobs({ maxBytes: 110_000 });
          const ids = Array.from({ length: 20 }, (_, n) => `job ${n}`);
          for (const id of ids) await ended(id);
          expect(known(ids)).toEqual(ids.slice(-5));
          expect(jobs.get("job 19")!.result).toEqual(large);
          const late = follow("job 0");
          expect(await late.closed).toBe("refused");
          expect(late.status).toBe(404);
        });

        it("stays known if its end is the newest, so that its followers still receive it", async () => {
          jobs = makeJobs({ maxBytes: 1 });
          await ended("first");
          await ended("second");
          expect(known(["first", "second"])).toEqual(["second"]);
          const late = follow("second");
          await late.closed;
          expect(seen(late)).toEqual([["completed", large]]);
        });

        it("stays known while it runs, but loses its progress after that of others, and all ended jobs", async () => {
          jobs = makeJobs({ maxBytes: 50_000 });
          await ended("over");
          const progress: ((value: unknown) => Promise<void>)[] = [];
          const ids = Array.from({ length: 4 }, (_, n) => `running ${n}`);
          for (const id of ids) {
            jobs.start(
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
          expect(ids.map((id) => typeof jobs.get(id)!.progress)).toEqual([
            "undefined",
            "undefined",
            "undefined",
            "string",
          ]);
          // A new follower is not led to believe that there was no progress, or an older one: it receives the next.
          const follower = follow("running 0");
          await turns();
          expect(seen(follower)).toEqual([]);
          await progress[0]!(5);
          await turns();
          expect(seen(follower)).toEqual([["progress", 5]]);
          follower.disconnect();
        });
      });

      it("cannot be started with the ID of another job", () => {
        jobs.start(() => new Promise(() => undefined), { id: "same" });
        expect(() => jobs.start(() => undefined, { id: "same" })).toThrowError(/same/);
      });
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
