import { describe, expect, it } from "vitest";
import { ReadCache } from "../../../../src/channel/read/lagging/read-cache.ts";
import { LiveLog } from "../../../../src/channel/read/live/live-log.ts";
import type { TailListener } from "../../../../src/logs/log.ts";
import { MemoryChannelLog } from "../../../../src/logs/memory/memory-channel-log.ts";
import { KEEP_ALL } from "../../../logs/support/contracts/log-contract.ts";

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
    /** Readers whose sockets each flush fills. */
    const readers: object[] = [];
    const liveLog: LiveLog = new LiveLog(log, {
      window: WINDOW,
      flushInterval: 0,
      batchBytes: 65_536,
      latestBy: undefined,
      latest: { keys: 1, bytes: 1 },
      listener: {
        deliver: (events) => {
          delivered.push(...events.map(({ entry }) => entry.offset));
          for (const reader of readers) liveLog.closeReaders.add(reader);
        },
        suspend: () => undefined,
        resume: () => undefined,
        failed: () => undefined,
        isNeeded: () => true,
        readers: 0,
      },
      reads: new ReadCache(),
      onError: (error) => expect.unreachable(String(error)),
    });
    const entries = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => ({ offset: from + i, time: 1, type: "t", data: "x", json: false }));
    return {
      liveLog,
      delivered,
      readers,
      taken: () => listener.taken?.(),
      receive: (...args: Parameters<TailListener["appended"]>) => listener.appended(...args),
      entries,
    };
  };

  const kept = ({ window }: LiveLog) => window.last - window.first + 1;

  it("delivers every event, and keeps none in its window until it has caught up", () => {
    const { liveLog, delivered, receive, taken, entries } = open();
    for (let n = 0; n < 10; n++) {
      receive(entries(n * 100 + 1, 100), true);
      expect(taken()).toBeUndefined();
      expect(kept(liveLog)).toBe(0);
    }
    expect(delivered).toHaveLength(1_000);
    receive(entries(1_001, 500), false);
    liveLog.flush();
    expect(delivered).toHaveLength(1_500);
    // The newest events stay, as far as the whole window allows.
    expect(kept(liveLog)).toBe(500);
  });

  it("keeps a small part of its window for readers that have not taken the newest flush", async () => {
    const { liveLog, receive, taken, entries, readers } = open();
    readers.push({});
    receive(entries(1, 1_000), true);
    const first = taken();
    expect(first).toBeInstanceOf(Promise);
    expect(kept(liveLog)).toBe(1_000);
    receive(entries(1_001, 100), true);
    expect(kept(liveLog)).toBe(200);
    const second = taken();
    liveLog.closeReaders.delete(readers[0]!);
    await Promise.all([first, second]);
    expect(kept(liveLog)).toBe(0);
  });

  it("does not wait for readers once it has caught up", () => {
    const { receive, taken, entries, readers } = open();
    readers.push({});
    receive(entries(1, 10), false);
    expect(taken()).toBeUndefined();
  });
});
