import { expect, it } from "vitest";
import { SluiceError } from "../../../../src/base/errors/sluice-error.ts";
import type { NewEntry } from "../../../../src/logs/log.ts";
import { type AppendTarget, RedisAppender } from "../../../../src/logs/redis/append/redis-appender.ts";
import { turns } from "../../../support/turns.ts";

const entry = (data: string): NewEntry => ({ type: "n", data, json: true });

/** Makes a log in the epoch "a". The test answers the calls of its script. */
function heldTarget() {
  const calls: { readonly epoch: string; readonly text: string; answer(numbers: readonly number[]): void }[] = [];
  let refreshed!: () => void;
  let refreshing: Promise<void> | undefined;
  const life = {
    gate: { connection: {} } as AppendTarget["life"]["gate"],
    epoch: "a",
    isUnsure: false,
    refresh: () => {
      life.isUnsure = true;
      refreshing ??= new Promise((resolve) => {
        refreshed = () => {
          life.isUnsure = false;
          life.epoch = "b";
          refreshing = undefined;
          resolve();
        };
      });
      return refreshing;
    },
    keepsChangingError: () => new SluiceError("LOG_FAILED", ""),
  };
  const target: AppendTarget = {
    life,
    run: (_, epoch, [text]) =>
      new Promise((resolve) => {
        calls.push({ epoch, text: text!, answer: resolve });
      }),
    appended: () => [[1]],
  };
  return { life, target, calls, refreshed: () => refreshed() };
}

it("repeats an append that the old epoch refused before it sends a later append", async () => {
  const { life, target, calls, refreshed } = heldTarget();
  const appender = new RedisAppender(target);
  const appends = [appender.append([entry("first")])];
  await turns(2);
  // Another operation discovers the new epoch before the refusal arrives.
  void life.refresh();
  appends.push(appender.append([entry("second")]));
  await turns(2);
  calls[0]!.answer([]);
  await turns(2);
  refreshed();
  await turns(2);
  calls[1]!.answer([1]);
  await turns(2);
  calls[2]!.answer([1]);
  await Promise.all(appends);
  expect(calls.map(({ epoch, text }) => `${epoch} ${/first|second/.exec(text)}`)).toEqual([
    "a first",
    "b first",
    "b second",
  ]);
});
