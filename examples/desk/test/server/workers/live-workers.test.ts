import { type Channel, createSluice } from "sluice";
import { expect, it, onTestFinished } from "vitest";
import { LiveWorkers, type WorkerEvents, type WorkerFigures } from "../../../server/workers/live-workers.ts";

const FIGURES: WorkerFigures = {
  worker: "",
  startedAt: 0,
  exports: 0,
  at: 0,
  connections: 0,
  published: 0,
  delivered: 0,
  lagP50: 0,
  lagP99: 0,
  rss: 0,
  heap: 0,
};

interface Process {
  readonly liveWorkers: LiveWorkers;
  report(): Promise<void>;
}

function startProcess(channel: Channel<WorkerEvents>, worker: string, startedAt: number): Process {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const liveWorkers = new LiveWorkers(channel, { worker, shared: false, onChange: () => undefined });
  liveWorkers.start(abort.signal, (error) => expect.unreachable(String(error)));
  return { liveWorkers, report: () => liveWorkers.report({ ...FIGURES, worker, startedAt }) };
}

const names = ({ liveWorkers }: Process) => liveWorkers.reports.map(({ worker }) => worker);

it("makes the longest-running process the leader, and no process before its own report has arrived", async () => {
  const channel = createSluice().channel<WorkerEvents>("workers");
  const [young, old] = [startProcess(channel, "a", 2), startProcess(channel, "b", 1)];
  expect([young.liveWorkers.isLeader, old.liveWorkers.isLeader]).toEqual([false, false]);
  await young.report();
  await expect.poll(() => young.liveWorkers.isLeader).toBe(true);
  await old.report();
  for (const process of [young, old]) await expect.poll(() => names(process)).toEqual(["b", "a"]);
  expect([young.liveWorkers.isLeader, old.liveWorkers.isLeader]).toEqual([false, true]);
});

it("removes a process that leaves or exits at once, and a silent one after four reports", async () => {
  const channel = createSluice().channel<WorkerEvents>("workers");
  const [a, b] = [startProcess(channel, "a", 1), startProcess(channel, "b", 2)];
  const [c, d] = [startProcess(channel, "c", 3), startProcess(channel, "d", 4)];
  for (const process of [a, b, c, d]) await process.report();
  await expect.poll(() => names(d)).toEqual(["a", "b", "c", "d"]);
  await a.liveWorkers.leave();
  await expect.poll(() => names(d)).toEqual(["b", "c", "d"]);
  d.liveWorkers.remove("b");
  expect(names(d)).toEqual(["c", "d"]);
  for (let n = 0; n < 2; n++) await d.report();
  await b.report();
  await expect.poll(() => names(d)).toEqual(["b", "c", "d"]);
  await d.report();
  await expect.poll(() => names(d)).toEqual(["b", "d"]);
});
