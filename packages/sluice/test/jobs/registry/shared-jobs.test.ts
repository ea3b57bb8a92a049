import { describe, expect, it } from "vitest";
import { BEATS_PER_TIMEOUT } from "../../../src/cluster/nodes.ts";
import type { TestNode } from "../../cluster/support/nodes-world.ts";
import { until } from "../../support/until.ts";
import { jobsContract } from "../support/jobs-contract.ts";
import { jobsOf, steered, useTwoNodes } from "../support/shared-jobs-nodes.ts";

/** A node alone on its log: no other node lives or dies. */
const ALONE = { node: "a", nodeTimeout: 50, expect: () => undefined, watch: () => undefined };

jobsContract("jobs on a shared log", ALONE);

let a: TestNode;
let b: TestNode;

useTwoNodes((nodes) => {
  ({ a, b } = nodes);
});

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
