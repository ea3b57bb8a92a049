import { expect, it } from "vitest";
import { sleep } from "../../../../src/base/time/timers.ts";
import { createSluice, type Sluice } from "../../../../src/index.ts";
import type { EventStreamReader } from "../../../../src/testing/index.ts";
import { readEventStream } from "../../../support/patient-testing.ts";
import type { SharedStore } from "../use-store.ts";

/** A stream over the channel "doc" and another one that nobody deletes. */
async function connect(sluice: Sluice, lastEventId = ""): Promise<EventStreamReader> {
  const parts = { doc: sluice.channel("doc").subscribe(), other: sluice.channel("other").subscribe() };
  const headers = lastEventId === "" ? {} : { "last-event-id": lastEventId };
  const request = new Request("http://localhost/", { headers });
  return readEventStream(await sluice.response(request, sluice.combine(parts)), { timeout: 60_000 });
}

/** Reads a stream until the last event of each channel has arrived. Returns what it received of each. */
async function readAll(stream: EventStreamReader) {
  const seen = { doc: [] as string[], other: [] as string[] };
  while (seen.doc.at(-1) !== "last" || seen.other.at(-1) !== "last") {
    const { type, data } = await stream.next();
    if (type === "gap") seen[JSON.parse(data).channel as "doc"].push(`gap ${JSON.parse(data).reason}`);
    else seen[type.split(".")[0] as "doc"].push(data);
  }
  return seen;
}

/** Tests combined streams while one of their channels is deleted and used anew. One call tests one implementation. */
export function combinedDeleteContract(name: string, setUp: () => Promise<SharedStore>): void {
  it(`${name}: two processes delete and reuse a channel; combined streams have the gap, then all events`, async () => {
    const store = await setUp();
    const errors: unknown[] = [];
    const make = () => createSluice({ log: store.open(), onError: (error) => errors.push(error) });
    await using one = make();
    await using two = make();
    const docs = [one.channel("doc"), two.channel("doc")] as const;
    for (const doc of docs) await doc.publish("n", "before");
    const streams = [await connect(one), await connect(two)];
    await docs[0].publish("n", "live");
    for (const stream of streams) expect((await stream.next()).data).toBe("live");
    await Promise.all([...docs.map((doc) => doc.delete()), ...docs.map((doc, i) => doc.publish("n", `new ${i}`))]);
    // On Redis, another process notices within a second.
    await sleep(100);
    await two.channel("other").publish("n", "last");
    await docs[0].publish("n", "last");
    const kept = (await docs[1].history()).events.map(({ data }) => data);
    for (const stream of streams) {
      const { doc, other } = await readAll(stream);
      const lastGap = doc.lastIndexOf("gap deleted");
      expect(lastGap).toBeGreaterThanOrEqual(0);
      expect(doc.slice(lastGap + 1)).toEqual(kept);
      expect(other).toEqual(["last"]);
    }
    const { lastEventId } = streams[0]!;
    for (const stream of streams) await stream.close();
    await docs[0].publish("n", "after");
    await using resumed = await connect(two, lastEventId);
    expect(await resumed.next()).toMatchObject({ type: "doc.n", data: "after" });
    expect(errors).toEqual([]);
    await one.close();
    await two.close();
    await store.stop?.();
  });
}
