import { describe, expect, it } from "vitest";
import { createSluice, type Sluice } from "../../../../src/index.ts";
import type { StreamSubjects } from "../../../../src/logs/nats/channel-names.ts";
import { readEventStream } from "../../../support/patient-testing.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { startServer } from "../../../support/test-server.ts";
import { subjectsOf } from "../support/subjects-of.ts";
import { useNats } from "../support/use-nats.ts";

const STREAM = "sluice_orders";

describe.skipIf(NATS_SERVER === undefined)("a channel on NATS, when an operator erases events", () => {
  const nats = useNats();

  /** Publishes 20 events, and lets the operator erase some. Event 10 has an ID of its own. */
  async function erase(work: () => Promise<unknown>): Promise<{ sluice: Sluice; url: string; epoch: string }> {
    const sluice = createSluice({ log: nats.newLog() });
    nats.onCleanUp(() => sluice.close());
    const orders = sluice.channel("orders");
    for (let n = 1; n <= 20; n++) await orders.publish("n", n, n === 10 ? { id: "own" } : {});
    const [epoch = ""] = (await orders.position()).split("-");
    await work();
    // Another process has none of the events in its memory.
    const other = createSluice({ log: nats.newLog() });
    nats.onCleanUp(() => other.close());
    const subscribed = other.channel("orders");
    const server = await startServer((req, res) => void other.stream(req, res, subscribed.subscribe()));
    nats.onCleanUp(() => server[Symbol.asyncDispose]());
    return { sluice: other, url: `http://127.0.0.1:${server.port}/`, epoch };
  }

  const purge = (subject: (subjects: StreamSubjects) => string) => async () => {
    const filter = subject(await subjectsOf(await nats.connect(), "orders"));
    await (await nats.admin()).streams.purge(STREAM, { filter });
  };
  const ownId = (subjects: StreamSubjects) => subjects.ofId("own");

  it("sends a gap for an erased event, and then every event after it", async () => {
    const { url, epoch } = await erase(purge(ownId));
    await using stream = await readEventStream(url, { lastEventId: `${epoch}-5` });
    const numbers: unknown[] = [];
    let gap: unknown;
    while (numbers.at(-1) !== 20) {
      const { type, data } = await stream.next();
      if (type === "gap") gap = JSON.parse(data);
      else numbers.push(Number(data));
    }
    expect(gap).toMatchObject({ reason: "trimmed" });
    expect(numbers).toEqual([6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  it("has a history of the events that are left", async () => {
    const { sluice, epoch } = await erase(purge(ownId));
    const orders = sluice.channel("orders");
    const { events } = await orders.history({ limit: 5 });
    expect(events.map(({ data }) => data)).toEqual([16, 17, 18, 19, 20]);
    const all = await orders.history();
    expect(all.events.map(({ data }) => data).slice(-10)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    const after = await orders.history({ after: `${epoch}-9` });
    expect(after.gap).toMatchObject({ reason: "trimmed" });
    expect(after.events.map(({ data }) => data)).toEqual([11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
  });

  // Event 10, which has a subject of its own, is the only one left before event 18.
  it.each([5, 10])("goes on after a change of max_msgs_per_subject, from event %i", async (from) => {
    const { sluice, url, epoch } = await erase(async () => {
      await (await nats.admin()).streams.update(STREAM, { max_msgs_per_subject: 3 });
      // nats-server 2.9 applies the limit to the messages that it has when it starts.
      await nats.server.kill("SIGTERM");
      await nats.server.start();
    });
    await using stream = await readEventStream(url, { lastEventId: `${epoch}-${from}` });
    const numbers: number[] = [];
    const gaps: unknown[] = [];
    const readUntil = async (last: number) => {
      while (numbers.at(-1) !== last) {
        const { type, data } = await stream.next();
        if (type === "gap") gaps.push(JSON.parse(data));
        else numbers.push(Number(data));
      }
    };
    await readUntil(20);
    expect(gaps.length).toBeGreaterThan(0);
    for (const gap of gaps) expect(gap).toMatchObject({ reason: "trimmed" });
    await sluice.channel("orders").publish("n", 21);
    await readUntil(21);
    expect(numbers.slice(-3)).toEqual([19, 20, 21]);
  });

  it("sends a gap if the newest events are erased, and then new events", async () => {
    const { sluice, url, epoch } = await erase(purge(({ event }) => event));
    await using stream = await readEventStream(url, { lastEventId: `${epoch}-10` });
    expect(JSON.parse((await stream.next()).data)).toMatchObject({ reason: "trimmed" });
    await sluice.channel("orders").publish("n", 21);
    expect(await stream.next()).toMatchObject({ data: "21" });
  });
});
