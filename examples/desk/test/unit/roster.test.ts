import { type Channel, createSluice } from "sluice";
import { expect, onTestFinished, test } from "vitest";
import { Roster, type WorkerEvents, type WorkerFigures } from "../../server/workers/roster.ts";

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

interface Member {
  readonly roster: Roster;
  tell(): Promise<void>;
}

function join(channel: Channel<WorkerEvents>, worker: string, startedAt: number): Member {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const roster = new Roster(channel, worker, false, () => undefined);
  roster.start(abort.signal, (error) => expect.unreachable(String(error)));
  return { roster, tell: () => roster.tell({ ...FIGURES, worker, startedAt }) };
}

const names = ({ roster }: Member) => roster.living.map(({ worker }) => worker);

test("the one that has been there longest is the first, as all see it, and nobody before it was heard itself", async () => {
  const channel = createSluice().channel<WorkerEvents>("workers");
  const [young, old] = [join(channel, "a", 2), join(channel, "b", 1)];
  expect([young.roster.isFirst, old.roster.isFirst]).toEqual([false, false]);
  await young.tell();
  await expect.poll(() => young.roster.isFirst).toBe(true);
  await old.tell();
  for (const member of [young, old]) await expect.poll(() => names(member)).toEqual(["b", "a"]);
  expect([young.roster.isFirst, old.roster.isFirst]).toEqual([false, true]);
});

test("one that leaves, and one that others know to be gone, is gone at once; one that is silent, after some time", async () => {
  const channel = createSluice().channel<WorkerEvents>("workers");
  const members = [join(channel, "a", 1), join(channel, "b", 2), join(channel, "c", 3), join(channel, "d", 4)] as const;
  const last = members[3];
  for (const member of members) await member.tell();
  await expect.poll(() => names(last)).toEqual(["a", "b", "c", "d"]);
  await members[0].roster.leave();
  await expect.poll(() => names(last)).toEqual(["b", "c", "d"]);
  last.roster.forget("b");
  expect(names(last)).toEqual(["c", "d"]);
  for (let n = 0; n < 2; n++) await last.tell();
  await members[1].tell();
  await expect.poll(() => names(last)).toEqual(["b", "c", "d"]);
  await last.tell();
  await expect.poll(() => names(last)).toEqual(["b", "d"]);
});
