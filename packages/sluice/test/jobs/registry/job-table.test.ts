import { expect, it, vi } from "vitest";
import { KeptEvent } from "../../../src/channel/event/kept-event.ts";
import { checkJobsOptions, type JobsOptions } from "../../../src/jobs/jobs-options.ts";
import type { JobRun } from "../../../src/jobs/registry/job-registry.ts";
import { endId, JobTable, STARTED } from "../../../src/jobs/registry/job-table.ts";

/** A table of this node, and functions that apply events of a node whose clock is `clockAhead` ms ahead. */
function tableWith(options: JobsOptions, clockAhead = 0) {
  const forgotten: string[] = [];
  const table = new JobTable("this node", checkJobsOptions(options), {
    started: () => undefined,
    ended: () => undefined,
    forgotten: ({ id }: JobRun) => void forgotten.push(id),
  });
  let offset = 0;
  const apply = (type: string, job: string, data: string, id?: string) => {
    const entry = { offset: ++offset, time: Date.now() + clockAhead, type, data, json: true, topics: [job], id };
    table.apply(new KeptEvent(entry, "e"));
  };
  return {
    table,
    forgotten,
    apply,
    start: (job: string, node = "other") =>
      apply(STARTED, job, JSON.stringify({ node, run: `run of ${job}`, startedAt: 0, nodeTimeout: 1_000 })),
    end: (job: string, result: string) => apply("completed", job, JSON.stringify(result), endId(`run of ${job}`)),
  };
}

const LARGE = "x".repeat(10_000);

it("ends of unknown jobs count against maxBytes, and the oldest are forgotten first", () => {
  const { table, start, end } = tableWith({ maxBytes: 60_000 });
  const ids = Array.from({ length: 10 }, (_, n) => `job ${n}`);
  for (const id of ids) end(id, LARGE);
  for (const id of ids.slice(0, 8)) start(id);
  expect(ids.slice(0, 8).map((id) => table.get(id)?.state)).toEqual(Array(8).fill("running"));
  start("job 9");
  expect(table.get("job 9")).toMatchObject({ state: "completed" });
});

it("a node is notified of its own jobs that are forgotten, and of no others", () => {
  const { table, forgotten, start, end } = tableWith({ maxBytes: 30_000 });
  for (const [id, node] of [
    ["mine", "this node"],
    ["theirs", "other"],
    ["newest", "this node"],
  ] as const) {
    start(id, node);
    end(id, LARGE);
  }
  expect(forgotten).toEqual(["mine"]);
  expect(["mine", "theirs", "newest"].map((id) => table.get(id)?.state)).toEqual([undefined, undefined, "completed"]);
});

it.each([-7_200_000, 7_200_000])("an ended job stays known for keepFor if its node's clock is %i ms ahead", (ahead) => {
  vi.useFakeTimers({ toFake: ["Date", "performance"] });
  try {
    const { table, start, end } = tableWith({ keepFor: 60_000 }, ahead);
    start("job");
    end("job", "result");
    vi.advanceTimersByTime(59_000);
    expect(table.get("job")).toMatchObject({ state: "completed" });
    vi.advanceTimersByTime(2_000);
    expect(table.get("job")).toBeUndefined();
  } finally {
    vi.useRealTimers();
  }
});

it("entries that no node of Sluice has written are ignored", () => {
  const { table, start, apply } = tableWith({});
  start("job");
  apply("progress", "job", "not JSON");
  apply("something else", "job", "1");
  expect(table.get("job")).toMatchObject({ state: "running", progress: { text: "not JSON" } });
});
