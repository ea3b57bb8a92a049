import { describe, expect, it } from "vitest";
import type { Source, SourceContext } from "../../src/index.ts";
import { holdTransports } from "../support/held-load.ts";
import { EndlessSource, ParkedSource } from "../support/sources.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";
import type { Carrier } from "./carrier.ts";
import { Stage } from "./stage.ts";

/** More than a kernel takes for a reader that does not read. */
const REPLAY = { events: 1_500, characters: 16_000 };

/** A half-closed connection with bytes in it is found by the next look at all streams, which comes eight times in this time. */
const LOOKS_OFTEN = { heartbeat: 200 };

/** A client that vanishes ends its stream, whatever the stream is at, and is nobody's error. */
export function vanishContract(carrier: Carrier): void {
  describe.each(carrier.ways)("when the client leaves by %s", (way) => {
    async function leftOver(stage: Stage): Promise<void> {
      await until("the stream has ended", () => stage.reasons.length > 0);
      expect(stage.reasons).toEqual(["client"]);
      expect(stage.sluice.connections()).toEqual([]);
      expect(stage.errors).toEqual([]);
    }

    it("while idle, its stream ends and its channel forgets it", async () => {
      await using stage = await Stage.set(carrier);
      const channel = stage.sluice.channel("news");
      stage.source = channel.subscribe({ topics: ["a"] });
      const asker = await stage.get();
      await until("it is live", () => channel.stats().live === 1);
      asker.leave(way);
      await leftOver(stage);
      expect(channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
    });

    it("while the source is parked in next(), the source is told to return and its signal aborts", async () => {
      await using stage = await Stage.set(carrier);
      const source = new ParkedSource();
      stage.source = source.open;
      const asker = await stage.get();
      await until("it is parked", () => source.pulls === 1);
      asker.leave(way);
      await leftOver(stage);
      expect(source).toMatchObject({ returned: 1, pulls: 1, signal: { aborted: true } });
    });

    it("while a generator waits for something that heeds the signal, its finally runs", async () => {
      await using stage = await Stage.set(carrier);
      const steps: string[] = [];
      stage.source = async function* ({ signal }: SourceContext) {
        try {
          yield 1;
          await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
        } finally {
          steps.push("finally");
        }
      };
      const asker = await stage.get();
      await until("the event has come", () => asker.stream.events.length === 1);
      asker.leave(way);
      await leftOver(stage);
      await until("the generator is done", () => steps.length > 0);
      expect(stage.errors).toEqual([]);
    });

    it("while backpressured, the source is pulled no more, told to return, and its signal aborts", async () => {
      await using stage = await Stage.set(carrier, LOOKS_OFTEN);
      const source = new EndlessSource(16_000);
      stage.source = source.open;
      const asker = stage.ask({ paused: true });
      await untilFull(stage, () => source.pulls);
      asker.leave(way);
      await leftOver(stage);
      const { pulls } = source;
      expect(source).toMatchObject({ returned: 1, signal: { aborted: true } });
      await stage.sluice.channel("other").publish("x", 1);
      expect(source.pulls).toBe(pulls);
    });

    it("during the replay of a channel, the channel forgets it", async () => {
      await using stage = await Stage.set(carrier, LOOKS_OFTEN);
      const channel = stage.sluice.channel("news", { retain: { bytes: Number.POSITIVE_INFINITY } });
      const data = ".".repeat(REPLAY.characters);
      for (let i = 0; i < REPLAY.events; i++) await channel.publish("line", data);
      stage.source = channel.subscribe({ from: "start" });
      const asker = stage.ask({ paused: true });
      await untilFull(stage, () => stage.sluice.stats().delivered);
      expect(stage.sluice.stats().delivered).toBeLessThan(REPLAY.events);
      asker.leave(way);
      await leftOver(stage);
      expect(channel.stats()).toMatchObject({ subscribers: 0, lagging: 0, cohorts: 0 });
    });

    it("while what opens streams is still being loaded, nothing is opened, and no place is taken", async () => {
      using load = holdTransports();
      await using stage = await Stage.set(carrier, { maxConnections: 1 });
      const source = new ParkedSource();
      stage.source = source.open;
      const asker = stage.ask();
      await until("it is being loaded", () => load.isAwaited);
      asker.leave(way);
      await turns(20);
      load.release();
      await leftOver(stage);
      expect(source.pulls).toBe(0);
      expect(stage.sluice.stats()).toMatchObject({ streams: 0, opened: 0 });
      expect((await stage.get()).status).toBe(200);
    });

    it("before the head is written, nothing is opened, and what the source function makes later is told to return", async () => {
      await using stage = await Stage.set(carrier, { maxConnections: 1 });
      const made = new ParkedSource();
      let makeIt = () => {};
      let signal: AbortSignal | undefined;
      stage.source = ((context: SourceContext) => {
        signal = context.signal;
        return new Promise((resolve) => {
          makeIt = () => resolve(made);
        });
      }) as Source;
      const asker = stage.ask();
      await until("the source function was called", () => signal !== undefined);
      asker.leave(way);
      await leftOver(stage);
      expect(signal?.aborted).toBe(true);
      makeIt();
      await until("it was told to return", () => made.returned === 1);
      expect(made.pulls).toBe(0);
      expect(stage.sluice.stats()).toMatchObject({ streams: 0, opened: 0 });

      // Its place is free again.
      stage.source = new ParkedSource();
      expect((await stage.get()).status).toBe(200);
    });
  });
}

/** Resolves once the only stream is behind and a figure has stood still for a while. */
export async function untilFull(stage: Stage, figure: () => number): Promise<void> {
  let last = -1;
  let same = 0;
  await until("the reader holds the writer up", () => {
    const now = figure();
    same = now === last && stage.sluice.connections()[0]?.state === "lagging" ? same + 1 : 0;
    last = now;
    return same >= 10;
  });
}
