import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { Site } from "../support/site.ts";
import { EndlessSource } from "../support/sources.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";

const MARK = 65_536;
const CHARACTERS = 8_000;
const EVENTS = 3_000;

interface Handle {
  readonly bytesWritten: number;
  readonly writeQueueSize: number;
}

/**
 * Returns the bytes of a stream that this process holds: all bytes written that the kernel has not taken, without the
 * head.
 */
function held(site: Site, socket: Socket): number {
  const handle = (socket as unknown as { _handle: Handle | null })._handle;
  if (handle === null) return 0;
  // TLS holds plain bytes and encrypted ones.
  if ("encrypted" in socket) return socket.writableLength + handle.writeQueueSize;
  const { bytes } = site.sluice.connections().at(-1)!;
  return bytes - (handle.bytesWritten - handle.writeQueueSize);
}

describe("a reader that does not read", () => {
  it.each(["http", "https"] as const)(
    "over %s costs at most one and a half high-water marks, and blocks nobody else",
    async (kind) => {
      await using site = await Site.open({ highWaterMark: MARK }, kind);
      const channel = site.sluice.channel("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
      site.source = channel.subscribe();
      const tls = kind === "https";
      const quick = await site.get({ tls });
      const before = new Set(site.sockets);
      const slow = await site.get({ tls });
      slow.pause();
      const socket = [...site.sockets].find((candidate) => !before.has(candidate)) as Socket;
      let most = 0;
      for (let i = 0; i < EVENTS; i++) {
        await channel.publish("n", `${i} ${".".repeat(CHARACTERS)}`);
        if (i % 20 === 0) {
          await turns(1);
          most = Math.max(most, held(site, socket));
        }
      }
      await until("the quick reader has all events", () => quick.stream.events.length === EVENTS);
      expect(channel.stats()).toMatchObject({ live: 1, lagging: 1 });
      // It was blocked at all. A piece of half a mark may start just below the mark; framing and TLS add some bytes.
      expect(most).toBeGreaterThan(0);
      expect(most).toBeLessThan(MARK * 1.5 + 4_096);
      slow.resume();
      await until("the slow reader has all events", () => slow.stream.events.length === EVENTS);
    },
  );

  it("of a Response costs at most one and a half high-water marks", async () => {
    await using site = await Site.open({ highWaterMark: MARK });
    const channel = site.sluice.channel("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
    const response = await site.sluice.response(new Request("http://localhost/"), channel.subscribe());
    for (let i = 0; i < EVENTS; i++) {
      await channel.publish("n", ".".repeat(CHARACTERS));
      if (i % 20 === 0) await turns(1);
    }
    const { bytes } = site.sluice.connections()[0]!;
    expect(bytes).toBeGreaterThan(MARK / 2);
    expect(bytes).toBeLessThan(MARK * 1.5);
    await response.body?.cancel();
  });

  it("blocks a source that never waits, at the high-water mark", async () => {
    await using site = await Site.open({ highWaterMark: MARK });
    const source = new EndlessSource(CHARACTERS);
    const response = await site.sluice.response(new Request("http://localhost/"), source);
    await turns(100);
    const most = Math.ceil((MARK * 1.5) / CHARACTERS) + 2;
    expect(source.pulls).toBeGreaterThan(MARK / CHARACTERS / 2);
    expect(source.pulls).toBeLessThanOrEqual(most);
    // Each read makes room for as many bytes as were read.
    const reader = response.body!.getReader();
    const { value } = await reader.read();
    expect(value?.length).toBeGreaterThan(0);
    for (let i = 0; i < 20; i++) {
      await reader.read();
      await turns(3);
    }
    expect(source.pulls).toBeLessThanOrEqual(most + 21 * Math.ceil(MARK / 2 / CHARACTERS + 1));
    await reader.cancel();
    expect(source.returned).toBe(1);
  });
});
