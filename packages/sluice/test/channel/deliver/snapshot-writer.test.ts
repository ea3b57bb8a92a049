import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { turns } from "../../support/turns.ts";
import { openWorld, read } from "../support/channel-world.ts";

describe("a snapshot made by a function", () => {
  it("with millions of rows that never wait leaves the event loop to others", async () => {
    const { channel, connect } = await openWorld({}, { highWaterMark: 2 ** 26 });
    let rows = 0;
    const initial = function* () {
      for (; rows < 300_000; rows++) yield rows;
    };
    const subscriber = connect(channel.subscribe({ initial }));
    let turnsMeanwhile = 0;
    for (; rows < 300_000; turnsMeanwhile++) await turns(1);
    expect(turnsMeanwhile).toBeGreaterThan(10);
    await turns(10);
    expect(read(subscriber)).toHaveLength(300_000);
    expect(subscriber.lastEventId).toBe(await channel.position());
  });

  it("is released when the client leaves: the finally block of a generator runs", async () => {
    const { channel, connect } = await openWorld({}, { highWaterMark: 1_024 });
    let finished = 0;
    const initial = function* () {
      try {
        for (;;) yield "x".repeat(100);
      } finally {
        finished++;
      }
    };
    const subscribers = Array.from({ length: 20 }, () => connect(channel.subscribe({ initial })));
    await turns(10);
    for (const subscriber of subscribers) subscriber.disconnect();
    await turns(10);
    expect(finished).toBe(20);
    expect(channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
  });

  it("is released when the client leaves while the generator waits", async () => {
    const { channel, connect } = await openWorld();
    let finished = false;
    const initial = async function* ({ signal }: { signal: AbortSignal }) {
      try {
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        yield 1;
      } finally {
        finished = true;
      }
    };
    const subscriber = connect(channel.subscribe({ initial }));
    await turns(5);
    subscriber.disconnect();
    await turns(5);
    expect(finished).toBe(true);
  });

  it("is released if the client left before the function answered", async () => {
    const { channel, connect } = await openWorld();
    let answer!: (rows: Readable) => void;
    const rows = new Readable({ read() {} });
    const subscriber = connect(
      channel.subscribe({ initial: () => new Promise<Readable>((resolve) => (answer = resolve)) }),
    );
    await turns(3);
    subscriber.disconnect();
    answer(rows);
    await turns(5);
    expect(rows.destroyed).toBe(true);
  });

  it("may be a stream of the Streams standard, which is cancelled when the client leaves", async () => {
    const { channel, connect } = await openWorld({}, { highWaterMark: 1_024 });
    let cancelled = false;
    const initial = () =>
      new ReadableStream<string>({
        pull: (controller) => controller.enqueue("x".repeat(100)),
        cancel: () => {
          cancelled = true;
        },
      });
    const subscriber = connect(channel.subscribe({ initial: initial as never }));
    await turns(10);
    expect(subscriber.written).toBeGreaterThan(0);
    subscriber.disconnect();
    await turns(5);
    expect(cancelled).toBe(true);
  });

  it("that is no iterable ends the stream, and the error says what was expected", async () => {
    const { channel, connect, errors } = await openWorld();
    const subscriber = connect(channel.subscribe({ initial: (() => 7) as never }));
    expect(await subscriber.closed).toBe("error");
    expect(errors).toMatchObject([{ error: { code: "INVALID_OPTION" }, context: { stage: "initial" } }]);
  });
});
