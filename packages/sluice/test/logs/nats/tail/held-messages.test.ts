import { expect, it } from "vitest";
import type { StreamMessage } from "../../../../src/logs/nats/read/message.ts";
import type { LiveFeed } from "../../../../src/logs/nats/tail/live-feed.ts";
import { LiveFollower } from "../../../../src/logs/nats/tail/live-follower.ts";
import { ReceivedBytes } from "../../../../src/logs/nats/tail/received-bytes.ts";
import type { TailReceiver } from "../../../../src/logs/nats/tail/tail-receiver.ts";
import { ReadBudget } from "../../../../src/logs/shared/bounds/read-budget.ts";

const MESSAGE: StreamMessage = { subject: "s", data: new Uint8Array(50_000), string: () => "" };
const LIMIT = 8 * 1024 * 1024;

/** A follower whose requests for missed messages are never answered. */
function follower(budget: ReadBudget): LiveFollower {
  const receiver = {
    options: { budget, next: () => 1, received: new ReceivedBytes(), onInterrupted() {}, onRetry() {}, onLate() {} },
    catchUp: () => ({ isStarting: true, isRequesting: true, stop() {} }),
    deliver() {},
  } as unknown as TailReceiver;
  return new LiveFollower(receiver, { last: 9 } as LiveFeed);
}

it("live messages that wait for missed ones have a bounded number of bytes over all channels", () => {
  const budget = new ReadBudget(LIMIT);
  const followers = Array.from({ length: 400 }, () => follower(budget));
  for (const each of followers) each.follow(9);
  for (let sequence = 10; sequence < 14; sequence++) for (const each of followers) each.take(sequence, MESSAGE);
  expect(budget.held.bytes).toBeGreaterThan(LIMIT / 2);
  expect(budget.held.bytes).toBeLessThanOrEqual(LIMIT);
  for (const each of followers) each.stop();
  expect(budget.held.bytes).toBe(0);
});
