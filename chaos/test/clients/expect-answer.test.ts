import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { expectAnswer } from "../../clients/expect-answer.mjs";
import { RunTime } from "../../cluster/run-time.mjs";
import { History } from "../../history.mjs";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Calls a node that waits for a processor for this share of the time, and does not answer. */
function callNode(waitingShare: number) {
  const history = new History();
  const start = performance.now();
  const waitsOf = () => new Map([["1", (performance.now() - start) * waitingShare]]);
  const runTime = new RunTime(() => [1], { waitsOf });
  const node = { process: "node 1.1", isUp: true, pauses: 0, runTime };
  const attempt: { node: string; began: number; answered?: number } = { node: node.process, began: history.tick() };
  expectAnswer(history, node, { call: "publish", attempt });
  return { history, attempt };
}

it("records a call that a node does not answer although it can run", () => {
  const { history } = callNode(0);
  vi.advanceTimersByTime(26_000);
  expect(history.unanswered).toHaveLength(1);
});

it("gives a node more time that waits for a processor, and in the end records the call", () => {
  const { history } = callNode(0.75);
  vi.advanceTimersByTime(90_000);
  expect(history.unanswered).toHaveLength(0);
  vi.advanceTimersByTime(20_000);
  expect(history.unanswered).toHaveLength(1);
});

it("records no call that is answered late", () => {
  const { history, attempt } = callNode(0.75);
  vi.advanceTimersByTime(90_000);
  attempt.answered = 2;
  vi.advanceTimersByTime(90_000);
  expect(history.unanswered).toHaveLength(0);
});
