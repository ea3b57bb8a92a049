import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BEATS_PER_TIMEOUT } from "../../src/cluster/nodes.ts";
import type { Jobs } from "../../src/index.ts";
import { NodesWorld, type TestNode } from "../cluster/support/nodes-world.ts";
import { until } from "../support/until.ts";

let world: NodesWorld;
let a: TestNode;
let b: TestNode;

beforeEach(async () => {
  world = new NodesWorld();
  a = await world.node();
  b = await world.node();
});

afterEach(() => world.close());

const jobsOf = ({ sluice }: TestNode) => sluice.jobs<number, { url: string }>("exports");

/** A job on a node that goes on when the test says so. */
async function steered(node: TestNode, options: { user?: string; id?: string } = {}) {
  let finish!: () => void;
  let progress!: (value: number) => Promise<void>;
  let signal!: AbortSignal;
  const { id, result, published } = jobsOf(node).start((context) => {
    progress = context.progress;
    signal = context.signal;
    return new Promise<{ url: string }>((resolve, reject) => {
      finish = () => resolve({ url: "/file" });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }, options);
  result.catch(() => undefined);
  await published;
  await expect.poll(() => progress).toBeDefined();
  return { id, result, finish: () => finish(), progress: (n: number) => progress(n), signal: () => signal };
}

/** The channel of the jobs. */
const CHANNEL = "jobs:exports";

/** Resolves once a node has done what it does after a beat. */
async function nextBeat(node: TestNode): Promise<void> {
  // The beat that comes next, and the one after it: by then all is done that follows the first.
  const enough = node.beats().told + 2;
  await until("the node has beaten", () => node.beats().told >= enough);
}

describe("a job on a log that processes share", () => {
  test("is followed from another node, up to its end", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    await job.progress(10);
    await job.progress(20);
    expect(await stream.take(2)).toMatchObject([
      { type: "progress", data: "10" },
      { type: "progress", data: "20" },
    ]);
    job.finish();
    expect(await stream.rest()).toMatchObject([{ type: "completed", data: '{"url":"/file"}' }]);
  });

  test("is found there as soon as it is published", async () => {
    for (let i = 0; i < 20; i++) {
      const { id, published } = jobsOf(a).start(() => ({ url: "/" }));
      await published;
      const stream = await b.open(jobsOf(b).progress(id));
      expect((await stream.rest()).at(-1)).toMatchObject({ type: "completed" });
    }
  });

  test("answers 204 on every node to one who has had its end", async () => {
    const job = await steered(a);
    const stream = await a.open(jobsOf(a).progress(job.id));
    job.finish();
    await stream.rest();
    expect(stream.lastEventId).not.toBe("");
    for (const node of [a, b]) {
      expect(await node.status(jobsOf(node).progress(job.id), stream.lastEventId)).toBe(204);
    }
  });

  test("gives its newest progress to one who comes to another node in the middle, and its end to one who comes after it", async () => {
    const job = await steered(a);
    await job.progress(10);
    await job.progress(20);
    const early = await b.open(jobsOf(b).progress(job.id));
    expect(await early.next()).toMatchObject({ type: "progress", data: "20" });
    job.finish();
    await job.result;
    await early.rest();
    const late = await b.open(jobsOf(b).progress(job.id));
    expect((await late.rest()).map(({ type }) => type)).toEqual(["progress", "completed"]);
  });

  test("resumes on another node without missing anything", async () => {
    const job = await steered(a);
    const first = await a.open(jobsOf(a).progress(job.id));
    await job.progress(1);
    await first.next();
    await first.close();
    await job.progress(2);
    await job.progress(3);
    const second = await b.open(jobsOf(b).progress(job.id), first.lastEventId);
    expect((await second.take(2)).map(({ data }) => data)).toEqual(["2", "3"]);
    job.finish();
    expect(await second.rest()).toMatchObject([{ type: "completed" }]);
  });

  test("is unknown everywhere to a user whose job it is not", async () => {
    const job = await steered(a, { user: "ann" });
    expect(await b.status(jobsOf(b).progress(job.id, { user: "bob" }))).toBe(404);
    expect(await b.status(jobsOf(b).progress(job.id))).toBe(404);
    await using stream = await b.open(jobsOf(b).progress(job.id, { user: "ann" }));
    expect(stream.response.status).toBe(200);
    expect(await b.status(jobsOf(b).progress("no such job"))).toBe(404);
  });

  test("tells its state on every node", async () => {
    const job = await steered(a);
    await job.progress(10);
    jobsOf(b);
    await expect.poll(() => jobsOf(b).get(job.id)).toMatchObject({ state: "running", progress: 10, user: undefined });
    job.finish();
    await expect.poll(() => jobsOf(b).get(job.id)).toMatchObject({ state: "completed", result: { url: "/file" } });
    expect(jobsOf(b).get(job.id)!.startedAt).toEqual(jobsOf(a).get(job.id)!.startedAt);
  });

  test("can be cancelled from another node", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    expect(jobsOf(b).cancel(job.id)).toBe(true);
    expect(await stream.rest()).toMatchObject([{ type: "cancelled" }]);
    await expect.poll(() => job.signal().aborted).toBe(true);
    await expect(job.result).rejects.toMatchObject({ name: "AbortError" });
    expect(jobsOf(a).get(job.id)).toMatchObject({ state: "cancelled" });
    expect(jobsOf(b).cancel(job.id)).toBe(false);
  });

  test("takes no ID that another node has taken", async () => {
    const job = await steered(a, { id: "nightly" });
    jobsOf(b);
    await expect.poll(() => jobsOf(b).get(job.id)).toBeDefined();
    expect(() => jobsOf(b).start(() => ({ url: "" }), { id: "nightly" })).toThrowError(/nightly/);
  });

  test("is one, where two nodes take the same ID at the same moment: the other one fails", async () => {
    jobsOf(a);
    jobsOf(b);
    const runs = [a, b].map((node) =>
      jobsOf(node).start(
        ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
        { id: "nightly" },
      ),
    );
    const loser = (await Promise.race(runs.map(({ result }, i) => result.catch(() => i)))) as number;
    const winner = 1 - loser;
    for (const node of [a, b]) await expect.poll(() => jobsOf(node).get("nightly")).toMatchObject({ state: "running" });
    await using stream = await [a, b][loser]!.open(jobsOf([a, b][loser]!).progress("nightly"));
    expect(jobsOf([a, b][winner]!).cancel("nightly")).toBe(true);
    expect(await stream.rest()).toMatchObject([{ type: "cancelled" }]);
  });

  test("leaves its ID to the other one where two nodes took it, and says no more of itself", async () => {
    jobsOf(a);
    jobsOf(b);
    const finish: (() => void)[] = [];
    const runs = [a, b].map((node, i) =>
      jobsOf(node).start(
        ({ signal }) =>
          new Promise<{ url: string }>((resolve, reject) => {
            finish[i] = () => resolve({ url: "/" });
            signal.addEventListener("abort", () => reject(signal.reason));
          }),
        { id: "nightly" },
      ),
    );
    const loser = await Promise.race(runs.map(({ result }, i) => result.then(() => 1 - i).catch(() => i)));
    finish[1 - loser]!();
    const states = () => [a, b].map((node) => jobsOf(node).get("nightly")?.state);
    await expect.poll(states).toEqual(["completed", "completed"]);
    const appended = (channel: string) => [a, b].map(({ log }) => log.appended(channel));
    const before = appended("jobs:exports");
    const [beats = 0] = appended("sluice:cluster");
    await until("some beats have gone by", () => appended("sluice:cluster")[0]! > beats + BEATS_PER_TIMEOUT);
    expect(appended("jobs:exports")).toEqual(before);
    expect(states()).toEqual(["completed", "completed"]);
  });

  test("fails for its followers when its node dies, with a reason", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    await job.progress(50);
    world.kill(a);
    expect((await stream.rest()).at(-1)).toMatchObject({
      type: "failed",
      data: '{"message":"The process that ran this job is gone."}',
    });
    expect(await b.status(jobsOf(b).progress(job.id), stream.lastEventId)).toBe(204);
  });

  test("fails too when its node died before those started that are asked for it", async () => {
    const job = await steered(a);
    world.kill(a);
    const c = await world.node();
    const stream = await c.open(jobsOf(c).progress(job.id));
    expect(await stream.rest()).toMatchObject([{ type: "failed" }]);
  });

  test("ends in one way, also when its node was only away for long", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    world.kill(a);
    expect(await stream.rest()).toMatchObject([{ type: "failed" }]);
    a.log.isCut = false;
    await expect.poll(() => job.signal().aborted).toBe(true);
    job.finish();
    await expect(job.result).rejects.toMatchObject({ name: "AbortError" });
    for (const node of [a, b]) {
      const late = await node.open(jobsOf(node).progress(job.id));
      expect((await late.rest()).map(({ type }) => type)).toEqual(["failed"]);
    }
  });

  test("does not fail while the log is out of reach for all, and its end comes when it is back", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    world.store.reachable = false;
    // Twice the time after which a node is dead.
    for (const node of [a, b])
      await until("it has beaten in vain", () => node.beats().refused >= 2 * BEATS_PER_TIMEOUT);
    const refused = a.log.refused(CHANNEL);
    job.finish();
    await until("the end was refused", () => a.log.refused(CHANNEL) > refused);
    world.store.reachable = true;
    expect(await stream.rest()).toMatchObject([{ type: "completed" }]);
  });

  test("waits for a log that cannot be opened yet", async () => {
    world.store.reachable = false;
    const c = await world.node();
    const { id, published } = jobsOf(c).start(() => ({ url: "/late" }));
    await expect(published).rejects.toMatchObject({ code: "LOG_FAILED" });
    const refused = c.log.refused(CHANNEL);
    await until("the end was refused too", () => c.log.refused(CHANNEL) > refused);
    world.store.reachable = true;
    await expect.poll(() => jobsOf(b).get(id), { timeout: 20_000 }).toMatchObject({ state: "completed" });
  });

  test("is told of again when the log has lost it: running, and over", async () => {
    const running = await steered(a);
    const over = await steered(a);
    over.finish();
    await over.result;
    await expect.poll(() => jobsOf(b).get(over.id)?.state).toBe("completed");
    const stream = await b.open(jobsOf(b).progress(running.id));
    world.store.loseEverything();
    expect(await stream.next()).toMatchObject({ type: "gap" });
    running.finish();
    expect(await stream.rest()).toMatchObject([{ type: "completed" }]);
    const late = await b.open(jobsOf(b).progress(over.id));
    expect((await late.rest()).at(-1)).toMatchObject({ type: "completed" });
  });

  test("is over for those who come back, also when the log had lost it and was told of its end before anything else", async () => {
    const job = await steered(a);
    await expect.poll(() => jobsOf(b).get(job.id)?.state).toBe("running");
    const stream = await b.open(jobsOf(b).progress(job.id));
    world.store.loseEverything();
    // Before the next beat, by which the job is announced again.
    job.finish();
    await job.result;
    expect((await stream.rest()).at(-1)).toMatchObject({ type: "completed" });
    for (const node of [a, b]) {
      await expect.poll(() => jobsOf(node).get(job.id)?.state).toBe("completed");
      expect(await node.status(jobsOf(node).progress(job.id), stream.lastEventId)).toBe(204);
    }
  });

  test("is over for those who come back, also when the log has lost its end and not what announced it", async () => {
    const job = await steered(a);
    const announced = 1;
    job.finish();
    await expect.poll(() => jobsOf(b).get(job.id)?.state).toBe("completed");
    const channel = b.sluice.channel("jobs:exports");
    const [epoch] = (await channel.position()).split("-");
    await world.store.loseAfter("jobs:exports", announced);
    await expect.poll(() => channel.position()).not.toContain(epoch);
    const stream = await b.open(jobsOf(b).progress(job.id));
    expect((await stream.rest()).at(-1)).toMatchObject({ type: "completed" });
  });

  test("tells of a gap and of its end so that who is cut off between comes to its end again", async () => {
    const retain = { events: 10 };
    const [jobs, others] = [a, b].map(({ sluice }) => sluice.jobs<number, string>("small", { retain })) as [
      Jobs<number, string>,
      Jobs<number, string>,
    ];
    let finish!: () => void;
    let progress!: (value: number) => Promise<void>;
    const { id, result } = jobs.start((context) => {
      progress = context.progress;
      return new Promise<string>((resolve) => (finish = () => resolve("done")));
    });
    await expect.poll(() => others.get(id)?.state).toBe("running");
    const stream = await b.open(others.progress(id));
    await progress(1);
    await stream.take(1);
    const { lastEventId } = stream;
    stream.close();
    finish();
    await result;
    await expect.poll(() => others.get(id)?.state).toBe("completed");
    await others.start(async (context) => {
      for (let i = 0; i < 20; i++) await context.progress(i);
      return "";
    }).result;
    const [gap, end] = await (await b.open(others.progress(id), lastEventId)).rest();
    expect(gap).toMatchObject({ type: "gap", lastEventId });
    expect(end).toMatchObject({ type: "completed" });
  });

  test("stays known to nodes that come late, however much others have said since", async () => {
    const retain = { events: 100 };
    const [long, other] = [
      a.sluice.jobs<number, void>("small", { retain }),
      b.sluice.jobs<number, void>("small", { retain }),
    ];
    let finish!: () => void;
    const { id, published } = long.start(() => new Promise<void>((resolve) => (finish = resolve)), { user: "ann" });
    await published;
    const { result } = other.start(async ({ progress }) => {
      for (let i = 0; i < 200; i++) {
        await progress(i);
        if (i % 20 === 0) await nextBeat(a);
      }
    });
    await result;
    const c = await world.node();
    const stream = await c.open(c.sluice.jobs("small", { retain }).progress(id, { user: "ann" }));
    finish();
    expect((await stream.rest()).at(-1)).toMatchObject({ type: "completed" });
  });

  test("may finish during a drain, also when nobody follows it here", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    let isDrained = false;
    const drained = a.sluice.drain({ timeout: 8_000 }).then(() => {
      isDrained = true;
    });
    expect(await a.status(jobsOf(a).progress(job.id))).toBe(503);
    expect(isDrained).toBe(false);
    job.finish();
    expect(await stream.rest()).toMatchObject([{ type: "completed" }]);
    await drained;
  });

  test("is cancelled, and its followers told, when its Sluice closes", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    await a.sluice.close();
    expect(await stream.rest()).toMatchObject([{ type: "cancelled" }]);
  });
});
