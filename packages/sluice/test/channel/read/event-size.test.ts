import { describe, expect, it } from "vitest";
import type { Piece } from "../../../src/stream/body/piece.ts";
import { turns } from "../../support/turns.ts";
import { type ChannelWorld, openWorld } from "../support/channel-world.ts";

const HIGH_WATER_MARK = 16_384;

/** Connects a subscriber that reads everything at once, and returns the sizes of the pieces written to it. */
function pieceSizes({ channel, connect }: ChannelWorld, options: object = {}): number[] {
  const sizes: number[] = [];
  const subscriber = connect(channel.subscribe(options));
  const { write } = subscriber;
  subscriber.write = function (piece: Piece) {
    sizes.push(piece.bytes.length);
    const goesOn = write.call(this, piece);
    queueMicrotask(() => this.take());
    return goesOn;
  };
  subscriber.take();
  return sizes;
}

type Publication = readonly [type: string, data: unknown, options: { id?: string }];

const CASES: readonly [string, (n: number) => Publication][] = [
  ["of one character with long IDs", (n) => ["n", "x", { id: `${n}`.padStart(500, "x") }]],
  ["with many line ends", () => ["n", "\n".repeat(200), {}]],
  ["with three bytes per character", () => ["n", "字".repeat(200), {}]],
  ["with long types", () => ["t".repeat(250), "x", {}]],
];

describe("a piece of events", () => {
  it.each(CASES)("%s holds half a high-water mark, or one event more", async (_, make) => {
    const world = await openWorld({}, { highWaterMark: HIGH_WATER_MARK });
    const live = pieceSizes(world);
    for (let n = 0; n < 2_000; n++) void world.channel.publish(...make(n));
    await turns(20);
    const replayed = pieceSizes(world, { from: "start" });
    await turns(100);
    expect(live.length).toBeGreaterThan(10);
    expect(replayed.length).toBeGreaterThan(10);
    expect(Math.max(...live, ...replayed)).toBeLessThanOrEqual(HIGH_WATER_MARK / 2 + 2_000);
  });
});

describe("the window", () => {
  it("counts IDs, types, topics and line ends against its limit in bytes", async () => {
    const bytes = 100_000;
    for (const options of [{ id: true }, { topics: ["t".repeat(250), "u".repeat(250)] }, {}]) {
      const { channel } = await openWorld({ window: { bytes } });
      for (let n = 0; n < 1_000; n++) {
        const id = "id" in options ? { id: `${n}`.padStart(500, "x") } : {};
        const topics = "topics" in options ? { topics: options.topics as string[] } : {};
        await channel.publish("n", "\n".repeat(100), { ...id, ...topics });
      }
      await turns();
      const { window } = channel.stats();
      expect(window.bytes).toBeLessThanOrEqual(bytes);
      expect(window.events).toBeLessThan(bytes / 500);
    }
  });
});
