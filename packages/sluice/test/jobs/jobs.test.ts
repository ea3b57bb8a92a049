import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { JobFailure } from "../../src/jobs/job-failure.ts";
import { Jobs } from "../../src/jobs/jobs.ts";
import { checkJobsOptions, type JobsOptions } from "../../src/jobs/jobs-options.ts";
import { type ChannelWorld, openWorld } from "../channel/support/channel-world.ts";
import type { FakeSubscriber } from "../channel/support/fake-subscriber.ts";
import { turns } from "../support/turns.ts";

let world: ChannelWorld;
let jobs: Jobs<number, { url: string } | undefined>;

function makeJobs(options: JobsOptions = {}): Jobs<number, { url: string } | undefined> {
  const { hub, channel } = world;
  return new Jobs({ hub, channel: channel as never, name: "exports", limits: checkJobsOptions(options) });
}

// It is loaded with the first stream of a job, and takes its time then.
beforeAll(() => import("../../src/jobs/job-progress.ts"));

beforeEach(async () => {
  world = await openWorld();
  jobs = makeJobs();
});

afterEach(() => world.channel.close());

/** A job that goes on when the test says so. */
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

describe("following a job", () => {
  test("gives its progress and its end, after which the stream ends", async () => {
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

  test("from the middle begins with the newest progress", async () => {
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

  test("resumes after the last event ID without loss or repetition", async () => {
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

  test("that is over gives its end, and after that 204", async () => {
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

  test("whose end was missed and trimmed still learns it", async () => {
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

  test("that is unknown is answered with 404", async () => {
    const follower = follow("nobody");
    expect(await follower.closed).toBe("refused");
    expect(follower.status).toBe(404);
    expect(world.errors).toEqual([]);
  });

  test("that is another user's is answered like one that is unknown", async () => {
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

  test("gets nothing of other jobs", async () => {
    const [one, two] = [steered(), steered()];
    const follower = follow(one.id);
    await turns();
    await two.progress(99);
    await one.progress(1);
    await turns();
    expect(seen(follower)).toEqual([["progress", 1]]);
    follower.disconnect();
  });

  test("a follower that goes away lets go of everything", async () => {
    const job = steered();
    const follower = follow(job.id);
    await turns();
    follower.disconnect();
    expect(await follower.closed).toBe("client");
    await turns();
    expect(world.channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
  });
});

describe("a job", () => {
  test("that throws tells its followers only that it failed, and onError why", async () => {
    const job = steered();
    const follower = follow(job.id);
    await turns();
    job.fail(new Error("password is hunter2"));
    await follower.closed;
    expect(seen(follower)).toEqual([["failed", { message: "The job failed." }]]);
    expect(world.errors).toMatchObject([{ error: { message: "password is hunter2" }, context: { stage: "job" } }]);
    await expect(job.result).rejects.toThrow("hunter2");
  });

  test("whose result cannot be published has failed, and its followers are told so, now and later", async () => {
    const job = jobs.start(() => ({ url: 10n }) as never);
    const follower = follow(job.id);
    expect(await follower.closed).toBe("source-ended");
    const told = [["failed", { message: "The job's result could not be published." }]];
    expect(seen(follower)).toEqual(told);
    const late = follow(job.id);
    expect(await late.closed).toBe("source-ended");
    expect(seen(late)).toEqual(told);
    expect(jobs.get(job.id)).toMatchObject({ state: "failed", result: undefined });
  });

  test("whose progress cannot be published tells nobody of it, and goes on", async () => {
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

  test("that got the ID of one that was forgotten is not forgotten in its place", async () => {
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

  test("that ended last is forgotten last, whenever it began", async () => {
    jobs = makeJobs({ maxJobs: 2 });
    const long = steered();
    await jobs.start(() => undefined, { id: "short" }).result;
    long.finish();
    await long.result;
    jobs.start(() => undefined);
    expect(jobs.get("short")).toBeUndefined();
    expect(jobs.get(long.id)).toMatchObject({ state: "completed" });
  });

  test("that throws a JobFailure tells its message", async () => {
    const job = steered();
    const follower = follow(job.id);
    await turns();
    job.fail(new JobFailure("The disk is full."));
    await follower.closed;
    expect(seen(follower)).toEqual([["failed", { message: "The disk is full." }]]);
  });

  test("can be cancelled: its signal aborts and its followers are told", async () => {
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

  test("shows how it is doing", async () => {
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

  test("that returns nothing is completed with null", async () => {
    const { id, result } = jobs.start(() => undefined);
    await result;
    const follower = follow(id);
    await follower.closed;
    expect(seen(follower)).toEqual([["completed", null]]);
  });

  test("is forgotten some time after it is over", async () => {
    jobs = makeJobs({ keepFor: 1 });
    const { id, result } = jobs.start(() => undefined);
    await result;
    await expect.poll(() => jobs.get(id)).toBeUndefined();
  });

  test("makes room when there are too many: those over longest go first, running ones never", async () => {
    jobs = makeJobs({ maxJobs: 2 });
    const done = jobs.start(() => undefined);
    await done.result;
    const running = steered();
    jobs.start(() => new Promise(() => undefined), { id: "second" });
    expect(jobs.get(done.id)).toBeUndefined();
    expect(jobs.get(running.id)).toBeDefined();
    expect(() => jobs.start(() => undefined)).toThrowError(expect.objectContaining({ code: "INVALID_OPTION" }));
  });

  test.each([
    [() => jobs.start(undefined as never), "run"],
    [() => jobs.start(() => undefined, { id: "" }), "id"],
    [() => jobs.start(() => undefined, { name: "x" } as never), "name"],
    [() => jobs.start(() => undefined, { id: "*" }), "topic"],
    [() => makeJobs({ keepFor: -1 }), "keepFor"],
    [() => makeJobs({ keepFor: 2 ** 31 }), "keepFor"],
    [() => makeJobs({ maxJobs: 0 }), "maxJobs"],
  ])("refuses a wrong option by name (%#)", (attempt, name) => {
    expect(attempt).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) }),
    );
  });

  test("refuses an ID that is taken", () => {
    jobs.start(() => new Promise(() => undefined), { id: "same" });
    expect(() => jobs.start(() => undefined, { id: "same" })).toThrowError(/same/);
  });
});
