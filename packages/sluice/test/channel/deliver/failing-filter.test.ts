import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ChannelEvent, createSluice, type ErrorContext, type Sluice } from "../../../src/index.ts";
import { turns } from "../../support/turns.ts";
import { until } from "../../support/until.ts";

const SUBSCRIBERS = 300;

describe("a callback of a channel that fails", () => {
  let sluice: Sluice;
  const reports: { readonly error: unknown; readonly context: ErrorContext }[] = [];
  beforeEach(() => {
    reports.length = 0;
    sluice = createSluice({ onError: (error, context) => void reports.push({ error, context }) });
  });
  afterEach(() => sluice.close());

  /** Opens streams, each with a filter of its own. */
  async function open(makeFilter: () => (event: ChannelEvent) => boolean, from: "now" | "start" = "now") {
    const channel = sluice.channel("news");
    const bodies = await Promise.all(
      Array.from({ length: SUBSCRIBERS }, async () => {
        const source = channel.subscribe({ filter: makeFilter(), from });
        return (await sluice.response(new Request("http://localhost/"), source)).body;
      }),
    );
    await until("all streams are live", () => channel.stats().live === SUBSCRIBERS);
    expect(bodies).toHaveLength(SUBSCRIBERS);
    return channel;
  }

  const failing = () => () => {
    throw new Error("in the filter");
  };

  it("in each of many filters is reported once for each event, with the number of failures", async () => {
    const channel = await open(failing);
    await channel.publish("n", 1);
    await until("the event is delivered", () => reports.length > 0);
    await channel.publish("n", 2);
    await until("the other event is delivered", () => reports.length > 1);
    await turns(5);
    const report = {
      error: { message: "in the filter" },
      context: { stage: "filter", channel: "news", count: SUBSCRIBERS },
    };
    expect(reports).toMatchObject([report, report]);
  });

  it("in each of many filters during a replay is reported far less often than it fails", async () => {
    const channel = sluice.channel("news");
    for (let i = 0; i < 20; i++) await channel.publish("n", i);
    await open(failing, "start");
    await turns(5);
    const failures = reports.reduce((sum, { context }) => sum + (context.count ?? 1), 0);
    expect(failures).toBe(20 * SUBSCRIBERS);
    expect(reports.length).toBeLessThan(failures / 20);
  });

  it("in one filter is reported without a number", async () => {
    let isFirst = true;
    const channel = await open(() => {
      const fails = isFirst;
      isFirst = false;
      return () => {
        if (fails) throw new Error("in the filter");
        return true;
      };
    });
    await channel.publish("n", 1);
    await until("the event is delivered", () => reports.length > 0);
    expect(reports).toEqual([{ error: expect.any(Error), context: { stage: "filter", channel: "news" } }]);
  });

  it.each([
    ["resolves", async () => true],
    ["rejects", () => Promise.reject(new Error("in the filter"))],
  ])("because a filter returns a promise that %s is reported once, and withholds the event", async (_, filter) => {
    const channel = await open(() => (() => filter()) as unknown as () => boolean);
    await channel.publish("n", 1);
    await until("the event is delivered", () => reports.length > 0);
    await turns(5);
    expect(reports).toMatchObject([
      { error: { code: "INVALID_OPTION" }, context: { stage: "filter", count: SUBSCRIBERS } },
    ]);
    expect(sluice.stats().delivered).toBe(0);
  });

  it.each([
    ["resolves", async () => "key"],
    ["rejects", () => Promise.reject(new Error("in latestBy"))],
  ])("because latestBy returns a promise that %s is reported, and does not end the process", async (_, latestBy) => {
    const channel = sluice.channel("news", { latestBy: latestBy as unknown as () => string });
    await channel.publish("n", 1);
    await turns(5);
    expect(reports).toMatchObject([
      { error: { code: "INVALID_OPTION" }, context: { stage: "latest-by", channel: "news" } },
    ]);
  });
});
