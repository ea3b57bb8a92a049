import { describe, expect, it } from "vitest";
import type { NodesWorld, TestNode } from "../../cluster/support/nodes-world.ts";
import { until } from "../../support/until.ts";
import { nextBeat, useTwoNodes } from "../support/shared-jobs-nodes.ts";

let world: NodesWorld;
let a: TestNode;
let b: TestNode;

useTwoNodes((nodes) => {
  ({ world, a, b } = nodes);
});

describe("a job on a shared log, beyond maxBytes", () => {
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
});
