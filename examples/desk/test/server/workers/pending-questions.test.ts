import { expect, it } from "vitest";
import { PendingQuestions } from "../../../server/workers/pending-questions.ts";

it("returns the answers when all workers have answered or exited", () => {
  const questions = new PendingQuestions();
  const asked: number[] = [];
  let answers: readonly unknown[] | undefined;
  questions.ask(
    [1, 2, 3],
    (id) => asked.push(id),
    (all) => {
      answers = all;
    },
  );
  questions.addAnswer(asked[0]!, 1, "one");
  questions.addAnswer(asked[0]!, 1, "one again");
  questions.removeWorker(2);
  expect(answers).toBeUndefined();
  questions.addAnswer(asked[0]!, 3, "three");
  expect(answers).toEqual(["one", "three"]);
  questions.addAnswer(asked[0]!, 2, "too late");
  expect(answers).toEqual(["one", "three"]);
});

it("returns no answers at once if there are no other workers", () => {
  let answers: readonly unknown[] | undefined;
  new PendingQuestions().ask(
    [],
    () => expect.unreachable(),
    (all) => {
      answers = all;
    },
  );
  expect(answers).toEqual([]);
});
