import { describe, expect, it } from "vitest";
import { LiveLog } from "../../../src/channel/read/live-log.ts";
import type { TailListener } from "../../../src/logs/log.ts";
import { MemoryChannelLog } from "../../../src/logs/memory/memory-channel-log.ts";
import { KEEP_ALL } from "../../logs/support/log-contract.ts";

const WINDOW = { events: 3_200, bytes: 3_200_000 };

describe("a channel whose log catches up", () => {
  const open = () => {
    const log = new MemoryChannelLog(KEEP_ALL);
    let listener!: TailListener;
    log.tail = (added) => {
      listener = added;
      return () => undefined;
    };
    const delivered: number[] = [];
    const liveLog = new LiveLog(log, {
      window: WINDOW,
      flushInterval: 0,
      batchBytes: 65_536,
      latestBy: undefined,
      latest: { keys: 1, bytes: 1 },
      listener: {
        deliver: (events) => void delivered.push(...events.map(({ entry }) => entry.offset)),
        suspend: () => undefined,
        resume: () => undefined,
        failed: () => undefined,
        isNeeded: () => true,
      },
      onError: (error) => expect.unreachable(String(error)),
    });
    const entries = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ offset: from + i, time: 1, type: "t", data: "x", json: false }));
    return {
      liveLog,
      delivered,
      receive: (...args: Parameters<TailListener["appended"]>) => listener.appended(...args),
      entries,
    };
  };

  it("delivers every event, and keeps a small part of its window until it has caught up", () => {
    const { liveLog, delivered, receive, entries } = open();
    receive(entries(1, 1_000), true);
    expect(delivered).toHaveLength(1_000);
    expect(liveLog.window.last - liveLog.window.first + 1).toBe(100);
    receive(entries(1_001, 500), false);
    liveLog.flush();
    expect(delivered).toHaveLength(1_500);
    // The newest events stay, as far as the whole window allows.
    expect(liveLog.window.last - liveLog.window.first + 1).toBe(600);
  });
});
