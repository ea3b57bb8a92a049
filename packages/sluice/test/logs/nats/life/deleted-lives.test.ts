import { describe, expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import { createSluice } from "../../../../src/index.ts";
import { readEventStream } from "../../../support/patient-testing.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { startServer } from "../../../support/test-server.ts";
import { until } from "../../../support/until.ts";
import { entry, useNats } from "../support/use-nats.ts";

/** Each node looks at the log once a second. */
const SEVERAL_LOOKS_MS = 3_500;
const LIVES = "sluice__lives";

describe.skipIf(NATS_SERVER === undefined)("natsLog, when its stream of lives", () => {
  const nats = useNats();

  it.each(["deleted", "purged"])("is %s, begins one new life in which no position is valid", async (what) => {
    const [a, b] = [await nats.open(), await nats.open()];
    await a.append([entry(1), entry(2)]);
    await b.sync();
    const resets = [0, 0];
    for (const [n, channel] of [a, b].entries()) {
      channel.tail({ appended() {}, trimmed() {}, reset: () => void resets[n]!++ });
    }
    const { epoch } = a;
    const { streams } = await nats.admin();
    await (what === "deleted" ? streams.delete(LIVES) : streams.purge(LIVES));
    await until("both are in a new life", () => a.epoch !== epoch && b.epoch === a.epoch);
    await sleep(SEVERAL_LOOKS_MS);
    expect(resets).toEqual([1, 1]);
    expect([a.holds(epoch), b.holds(epoch)]).toEqual([undefined, undefined]);
    expect(b.last).toBe(2);
    expect(await b.append([entry(3)])).toEqual([3]);
  });

  it("is deleted, sends each subscriber one gap and then the kept events, and reports nothing", async () => {
    const errors: unknown[] = [];
    await using sluice = createSluice({ log: nats.newLog(), onError: (error) => void errors.push(error) });
    const orders = sluice.channel("orders");
    await using server = await startServer((req, res) => void sluice.stream(req, res, orders.subscribe()));
    const id = await orders.publish("n", 1);
    await using live = await readEventStream(`http://127.0.0.1:${server.port}/`, { lastEventId: id });
    await orders.publish("n", 2);
    expect(await live.next()).toMatchObject({ data: "2" });
    await (await nats.admin()).streams.delete(LIVES);
    const gap = await live.next();
    expect(gap).toMatchObject({ type: "gap" });
    expect(JSON.parse(gap!.data)).toMatchObject({ reason: "other-epoch" });
    expect([await live.next(), await live.next()]).toMatchObject([{ data: "1" }, { data: "2" }]);
    await orders.publish("n", 3);
    expect(await live.next()).toMatchObject({ data: "3" });
    expect(errors).toEqual([]);
  });
});
