import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BEATS_PER_TIMEOUT } from "../../../src/cluster/nodes.ts";
import type { Jobs } from "../../../src/index.ts";
import { NodesWorld, type TestNode } from "../../cluster/support/nodes-world.ts";
import { until } from "../../support/until.ts";
import { jobsContract } from "../support/jobs-contract.ts";

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

/** Starts a job that the test controls on a node. */
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

/** A node alone on its log: no other node lives or dies. */
const ALONE = { node: "a", nodeTimeout: 50, expect: () => undefined, watch: () => undefined };

jobsContract("jobs on a shared log", ALONE);

/** Name of the channel of the jobs. */
const CHANNEL = "jobs:exports";

/** Resolves when a node has beaten, and has done its work after that beat. */
async function nextBeat(node: TestNode): Promise<void> {
  // The second beat from now comes after all work that follows the first.
  const enough = node.beats().appended + 2;
  await until("the node has beaten", () => node.beats().appended >= enough);
}

describe("a job on a shared log", () => {
  it("can be followed on another node, up to its end", async () => {
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

  it("is known on every node when `published` resolves", async () => {
    for (let i = 0; i < 20; i++) {
      const { id, published } = jobsOf(a).start(() => ({ url: "/" }));
      await published;
      const stream = await b.open(jobsOf(b).progress(id));
      expect((await stream.rest()).at(-1)).toMatchObject({ type: "completed" });
    }
  });

  it("answers 204 on every node to a follower that has received the end", async () => {
    const job = await steered(a);
    const stream = await a.open(jobsOf(a).progress(job.id));
    job.finish();
    await stream.rest();
    expect(stream.lastEventId).not.toBe("");
    for (const node of [a, b]) {
      expect(await node.status(jobsOf(node).progress(job.id), stream.lastEventId)).toBe(204);
    }
  });

  it("sends new followers on another node its newest progress, and its end if it is over", async () => {
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

  it("can be resumed on another node without loss", async () => {
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

  it("is unknown on every node to another user", async () => {
    const job = await steered(a, { user: "ann" });
    expect(await b.status(jobsOf(b).progress(job.id, { user: "bob" }))).toBe(404);
    expect(await b.status(jobsOf(b).progress(job.id))).toBe(404);
    await using stream = await b.open(jobsOf(b).progress(job.id, { user: "ann" }));
    expect(stream.response.status).toBe(200);
    for (const options of [{}, { user: "bob" }]) {
      expect(jobsOf(b).get(job.id, options)).toBeUndefined();
      expect(jobsOf(b).cancel(job.id, options)).toBe(false);
    }
    expect(jobsOf(b).get(job.id, { user: "ann" })).toMatchObject({ state: "running" });
    expect(await b.status(jobsOf(b).progress("no such job"))).toBe(404);
    expect(jobsOf(b).cancel(job.id, { user: "ann" })).toBe(true);
    expect((await stream.rest()).at(-1)).toMatchObject({ type: "cancelled" });
  });

  it("has the same state on every node", async () => {
    const job = await steered(a);
    await job.progress(10);
    jobsOf(b);
    await expect.poll(() => jobsOf(b).get(job.id)).toMatchObject({ state: "running", progress: 10, user: undefined });
    job.finish();
    await expect.poll(() => jobsOf(b).get(job.id)).toMatchObject({ state: "completed", result: { url: "/file" } });
    expect(jobsOf(b).get(job.id)!.startedAt).toEqual(jobsOf(a).get(job.id)!.startedAt);
  });

  it("can be cancelled from another node", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    expect(jobsOf(b).cancel(job.id)).toBe(true);
    expect(await stream.rest()).toMatchObject([{ type: "cancelled" }]);
    await expect.poll(() => job.signal().aborted).toBe(true);
    await expect(job.result).rejects.toMatchObject({ name: "AbortError" });
    expect(jobsOf(a).get(job.id)).toMatchObject({ state: "cancelled" });
    expect(jobsOf(b).cancel(job.id)).toBe(false);
  });

  it("cannot be started with the ID of a job on another node", async () => {
    const job = await steered(a, { id: "nightly" });
    jobsOf(b);
    await expect.poll(() => jobsOf(b).get(job.id)).toBeDefined();
    expect(() => jobsOf(b).start(() => ({ url: "" }), { id: "nightly" })).toThrowError(/nightly/);
  });

  it("fails if another node took its ID at the same moment, and was first in the log", async () => {
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

  it("publishes nothing more after it lost its ID to another node", async () => {
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

  it("fails with a reason if its node dies", async () => {
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

  it("fails on a node that started after the job's node died", async () => {
    const job = await steered(a);
    world.kill(a);
    const c = await world.node();
    const stream = await c.open(jobsOf(c).progress(job.id));
    expect(await stream.rest()).toMatchObject([{ type: "failed" }]);
  });

  it("ends once, also if its node was alive but cut off for long", async () => {
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

  it("has the end that is first in the log, if it completes while others believe that its node is dead", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    world.kill(a);
    expect(await stream.rest()).toMatchObject([{ type: "failed" }]);
    const refused = a.log.refused(CHANNEL);
    job.finish();
    expect(await job.result).toEqual({ url: "/file" });
    await until("the log has refused the end", () => a.log.refused(CHANNEL) > refused);
    a.log.isCut = false;
    for (const node of [a, b]) {
      await expect.poll(() => jobsOf(node).get(job.id)).toMatchObject({ state: "failed" });
      await expect.poll(() => node.status(jobsOf(node).progress(job.id), stream.lastEventId)).toBe(204);
    }
    expect(a.errors).not.toContainEqual(expect.objectContaining({ code: "ID_CONFLICT" }));
    await a.sluice.drain({ pace: 0, timeout: 5_000 });
  });

  it("is not announced again after the jobs of other nodes forced it out, because of maxBytes", async () => {
    const [own, others] = [a, b].map(({ sluice }) => sluice.jobs<never, string>("large", { maxBytes: 10_000 }));
    await own!.start(() => "small", { id: "job" }).result;
    await expect.poll(() => others!.get("job")?.state).toBe("completed");
    const ids = Array.from({ length: 10 }, (_, n) => `job ${n}`);
    for (const id of ids) await others!.start(() => "x".repeat(1_000), { id }).result;
    await expect.poll(() => own!.get("job 9")?.state).toBe("completed");
    const appended = a.log.appended("jobs:large");
    await nextBeat(a);
    await nextBeat(a);
    expect(a.log.appended("jobs:large")).toBe(appended);
    for (const jobs of [own!, others!]) {
      expect(jobs.get("job")).toBeUndefined();
      const states = ids.map((id) => jobs.get(id)?.state);
      expect(states).toEqual([...Array(6).fill(undefined), ...Array(4).fill("completed")]);
    }
  });

  it.each([
    ["completes", "if many ends at once exceed maxBytes", true, Array(10).fill("completed")],
    [
      "fails",
      "if the log cannot take its result before it is forgotten because of maxBytes",
      false,
      [...Array(6).fill("failed"), ...Array(4).fill("completed")],
    ],
  ])("%s for its followers %s", async (_, _condition, reachable, expected) => {
    const [own, others] = [a, b].map(({ sluice }) => sluice.jobs<never, string>("large", { maxBytes: 10_000 }));
    const ids = Array.from({ length: 10 }, (_, n) => `job ${n}`);
    const finish: (() => void)[] = [];
    const started = ids.map((id) =>
      own!.start(() => new Promise<string>((resolve) => finish.push(() => resolve("x".repeat(1_000)))), { id }),
    );
    await Promise.all(started.map(({ published }) => published));
    await expect.poll(() => finish.length).toBe(ids.length);
    await expect.poll(() => others!.get("job 9")?.state).toBe("running");
    const streams = [];
    for (const id of ids) streams.push(await b.open(others!.progress(id)));
    world.store.reachable = reachable;
    for (const end of finish) end();
    await Promise.all(started.map(({ result }) => result));
    if (!reachable) await until("all ends are refused", () => a.log.refused("jobs:large") >= ids.length);
    world.store.reachable = true;
    const ends = await Promise.all(streams.map(async (stream) => (await stream.rest()).at(-1)?.type));
    expect(ends).toEqual(expected);
  });

  it("does not fail while no node can reach the log, and ends when the log is back", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    world.store.reachable = false;
    // Twice the number of beats after which a node is dead.
    for (const node of [a, b])
      await until("the log has refused the beats", () => node.beats().refused >= 2 * BEATS_PER_TIMEOUT);
    const refused = a.log.refused(CHANNEL);
    job.finish();
    await until("the log has refused the end", () => a.log.refused(CHANNEL) > refused);
    world.store.reachable = true;
    expect(await stream.rest()).toMatchObject([{ type: "completed" }]);
  });

  it("is published later if the log cannot be opened yet", async () => {
    world.store.reachable = false;
    const c = await world.node();
    const { id, published } = jobsOf(c).start(() => ({ url: "/late" }));
    await expect(published).rejects.toMatchObject({ code: "LOG_FAILED" });
    const refused = c.log.refused(CHANNEL);
    await until("the log has refused the end", () => c.log.refused(CHANNEL) > refused);
    world.store.reachable = true;
    await expect.poll(() => jobsOf(b).get(id)).toMatchObject({ state: "completed" });
  });

  it("is announced again if the log lost it, while it runs and after its end", async () => {
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

  it("sends its followers a gap if its channel is deleted, then its progress and its end", async () => {
    const job = await steered(a);
    const streams = [await a.open(jobsOf(a).progress(job.id)), await b.open(jobsOf(b).progress(job.id))];
    await job.progress(10);
    for (const stream of streams) expect(await stream.next()).toMatchObject({ type: "progress", data: "10" });
    await b.sluice.channel(CHANNEL).delete();
    for (const stream of streams) expect(JSON.parse((await stream.next()).data)).toMatchObject({ reason: "deleted" });
    await job.progress(20);
    for (const stream of streams) expect(await stream.next()).toMatchObject({ type: "progress", data: "20" });
    job.finish();
    for (const stream of streams) expect(await stream.rest()).toMatchObject([{ type: "completed" }]);
  });

  it("answers 204 to returning followers if the log lost its start, and received its end first", async () => {
    const job = await steered(a);
    await expect.poll(() => jobsOf(b).get(job.id)?.state).toBe("running");
    const stream = await b.open(jobsOf(b).progress(job.id));
    world.store.loseEverything();
    // Before the next beat, after which the job is announced again.
    job.finish();
    await job.result;
    expect((await stream.rest()).at(-1)).toMatchObject({ type: "completed" });
    for (const node of [a, b]) {
      await expect.poll(() => jobsOf(node).get(job.id)?.state).toBe("completed");
      expect(await node.status(jobsOf(node).progress(job.id), stream.lastEventId)).toBe(204);
    }
  });

  it("is ended again if the log lost its end, but not its start", async () => {
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

  it("answers 204 to a follower that has received the end, also while the log lacks it", async () => {
    const job = await steered(a);
    const announced = 1;
    const stream = await b.open(jobsOf(b).progress(job.id));
    job.finish();
    expect((await stream.rest()).at(-1)).toMatchObject({ type: "completed" });
    const channel = b.sluice.channel(CHANNEL);
    const [epoch] = (await channel.position()).split("-");
    await world.store.loseAfter(CHANNEL, announced);
    await expect.poll(() => channel.position(), { interval: 1 }).not.toContain(epoch);
    // The node of the job publishes the end again after its next beat. A stream that begins after it would never end.
    expect(await b.status(jobsOf(b).progress(job.id), stream.lastEventId)).toBe(204);
  });

  it("sends its end again to a follower that is cut off between a gap and the end", async () => {
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

  it("stays known to new nodes after its announcement was trimmed", async () => {
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

  it("may finish during a drain of its node, also if only another node has a follower", async () => {
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

  it("is cancelled for its followers when its Sluice closes", async () => {
    const job = await steered(a);
    const stream = await b.open(jobsOf(b).progress(job.id));
    await a.sluice.close();
    expect(await stream.rest()).toMatchObject([{ type: "cancelled" }]);
  });
});
