import { describe, expect, it } from "vitest";
import type { NodesWorld, TestNode } from "../../cluster/support/nodes-world.ts";
import { until } from "../../support/until.ts";
import { CHANNEL, jobsOf, steered, useTwoNodes } from "../support/shared-jobs-nodes.ts";

let world: NodesWorld;
let a: TestNode;
let b: TestNode;

useTwoNodes((nodes) => {
  ({ world, a, b } = nodes);
});

describe("a job on a shared log, if its node seems dead", () => {
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
});
