import { expect, it } from "vitest";
import type { LogEntry } from "../../../../src/logs/log.ts";
import type { NatsLink } from "../../../../src/logs/nats/connection/nats-link.ts";
import { ReceivedEntries } from "../../../../src/logs/nats/life/received-entries.ts";
import type { FoundStream } from "../../../../src/logs/nats/stream/nats-stream.ts";
import { HeldBytes } from "../../../../src/logs/shared/bounds/held-bytes.ts";
import { entryText } from "../../../../src/logs/shared/entry-text.ts";

function entry(offset: number, data: string): LogEntry {
  return { offset, time: 0, type: "n", data, json: false };
}

/** Returns a check against a replicated stream with these entries. */
function streamOf(...entries: LogEntry[]) {
  const first = entries[0]!.offset;
  const found = { first, last: first + entries.length - 1, isAlone: false } as FoundStream;
  const getMessage = async (_: string, { seq }: { seq: number }) => {
    const text = entryText(entries[seq - first]!, 0);
    return { string: () => text };
  };
  const link = { session: { jsm: { streams: { getMessage } } } } as unknown as NatsLink;
  return { areHeld: (own: ReceivedEntries, isUnbroken = false) => own.areIn(found, isUnbroken, link, "orders") };
}

const receive = (...entries: LogEntry[]) => {
  const own = new ReceivedEntries(new HeldBytes());
  own.received(entries, false);
  return own;
};

it("are in a stream that has the newest of them at its offset", async () => {
  const own = receive(entry(1, "a"), entry(2, "b"));
  expect(await streamOf(entry(1, "a"), entry(2, "b")).areHeld(own)).toBe(true);
  expect(await streamOf(entry(1, "a"), entry(2, "other")).areHeld(own)).toBe(false);
});

it("are not compared with a stream that has no entry at that offset", async () => {
  expect(await streamOf(entry(1, "other")).areHeld(receive(entry(1, "a"), entry(2, "b")))).toBe(true);
});

it("compare the newest entry of the last check if the tail has missed nothing since", async () => {
  const own = receive(entry(1, "a"));
  own.checked(false);
  own.received([entry(2, "b")], false);
  expect(await streamOf(entry(1, "a"), entry(2, "other")).areHeld(own, true)).toBe(true);
  expect(await streamOf(entry(1, "other"), entry(2, "b")).areHeld(own, true)).toBe(false);
});

it("are in no stream once NATS delivered another entry than it acknowledged, until the next life", async () => {
  const own = receive(entry(1, "a"));
  own.add(entry(2, "b"));
  const stream = streamOf(entry(1, "a"), entry(2, "other"));
  expect(own.isContradictedBy([entry(2, "other")])).toBe(true);
  expect(await stream.areHeld(own)).toBe(false);
  own.checked(true);
  expect(await stream.areHeld(own)).toBe(true);
});

it("compare the newest entry of an interruption, although this process has appended others since", async () => {
  const own = receive(entry(1, "a"), entry(2, "lost"));
  own.interrupted();
  own.received([entry(3, "own")], false);
  const stream = streamOf(entry(1, "a"), entry(2, "other"), entry(3, "own"));
  expect(await stream.areHeld(own)).toBe(false);
  own.checked(true);
  expect(await stream.areHeld(own)).toBe(true);
});

it("compare the newest entry again once a check has compared that of the interruption", async () => {
  const own = receive(entry(1, "a"));
  own.interrupted();
  own.received([entry(2, "b")], false);
  expect(await streamOf(entry(1, "a"), entry(2, "other")).areHeld(own)).toBe(true);
  expect(await streamOf(entry(1, "a"), entry(2, "other")).areHeld(own)).toBe(false);
});

it("compare the newest entry if the stream has trimmed that of an interruption, also of an earlier one", async () => {
  const own = receive(entry(1, "trimmed"));
  own.interrupted();
  own.received([entry(2, "b")], false);
  expect(await streamOf(entry(2, "other")).areHeld(own)).toBe(false);
  expect(await streamOf(entry(2, "b")).areHeld(own)).toBe(true);
  own.interrupted();
  own.received([entry(3, "own")], false);
  expect(await streamOf(entry(2, "other"), entry(3, "own")).areHeld(own)).toBe(false);
});

it("are in no stream once NATS acknowledged another entry at the offset of the newest", async () => {
  const own = receive(entry(1, "a"), entry(2, "lost"));
  expect(own.isReplacedBy([entry(1, "other"), entry(2, "lost")])).toBe(false);
  expect(own.isReplacedBy([entry(2, "own")])).toBe(true);
  expect(await streamOf(entry(1, "a"), entry(2, "own")).areHeld(own)).toBe(false);
});
