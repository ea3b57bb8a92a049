import { describe, expect, it } from "vitest";
import { BEATS_PER_TIMEOUT } from "../../../src/cluster/nodes.ts";
import type { Jobs } from "../../../src/index.ts";
import type { NodesWorld, TestNode } from "../../cluster/support/nodes-world.ts";
import { until } from "../../support/until.ts";
import { CHANNEL, jobsOf, nextBeat, steered, useTwoNodes } from "../support/shared-jobs-nodes.ts";

let world: NodesWorld;
let a: TestNode;
let b: TestNode;

useTwoNodes((nodes) => {
  ({ world, a, b } = nodes);
});

describe("a job on a shared log that fails or loses entries", () => {
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
});
