import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { Crew } from "../../server/workers/crew.ts";
import { Questions } from "../../server/workers/questions.ts";

test("workers that end at once again and again are replaced with growing waits, until the desk gives up and says why", async () => {
  cluster.setupPrimary({
    exec: fileURLToPath(new URL("../support/short-lived-worker.mjs", import.meta.url)),
    args: [],
  });
  const lines: string[] = [];
  const gaveUp = await new Promise<string>((resolve) => {
    const crew = new Crew({
      workers: 1,
      task: { port: 0, jwtSecret: "", exportsFolder: "", startedAt: 0 },
      say: (line) => lines.push(line),
      onGiveUp: resolve,
    });
    void crew.start();
  });
  expect(gaveUp).toBe("Worker 1 ended 6 times at once (exit code 3). Its log says why.");
  const waits = lines.map((line) =>
    Number(/^worker 1-[0-9a-f]{4} ended \(exit code 3\): .* in ([\d.]+) s$/.exec(line)?.[1]),
  );
  expect(waits).toEqual([0.2, 0.4, 0.8, 1.6, 3.2]);
});

test("a question is answered when all have answered, and those that have gone are not waited for", () => {
  const questions = new Questions();
  const asked: number[] = [];
  let answers: readonly unknown[] | undefined;
  questions.ask(
    [1, 2, 3],
    (id) => asked.push(id),
    (all) => {
      answers = all;
    },
  );
  questions.answered(asked[0]!, 1, "one");
  questions.answered(asked[0]!, 1, "one again");
  questions.gone(2);
  expect(answers).toBeUndefined();
  questions.answered(asked[0]!, 3, "three");
  expect(answers).toEqual(["one", "three"]);
  questions.answered(asked[0]!, 2, "too late");
  expect(answers).toEqual(["one", "three"]);
});

test("where there is nobody else to ask, the answer is there at once", () => {
  let answers: readonly unknown[] | undefined;
  new Questions().ask(
    [],
    () => expect.unreachable(),
    (all) => {
      answers = all;
    },
  );
  expect(answers).toEqual([]);
});
