import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { createSluice, type Source, type SourceContext } from "../../../src/index.ts";
import type { Feed } from "../../../src/stream/feed.ts";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";
import { until } from "../../support/until.ts";

/** A source whose feed records each call of `stop`, and the state of the signal at that time. */
class RecordingSource {
  readonly stops: string[] = [];
  opened = false;
  release = () => {};

  /** With `isHeld` the feed opens only after `release()`. */
  readonly isHeld: boolean;

  constructor(isHeld = false) {
    this.isHeld = isHeld;
  }

  openFeed({ signal }: SourceContext): Feed | Promise<Feed> {
    this.opened = true;
    const feed: Feed = {
      shared: undefined,
      start() {},
      drained() {},
      heartbeat: () => {
        throw new Error("not idle");
      },
      stop: () => void this.stops.push(signal.aborted ? String(signal.reason.message) : "not aborted"),
      describe: () => ({ state: "live" }),
    };
    if (!this.isHeld) return feed;
    return new Promise((resolve) => {
      this.release = () => resolve(feed);
    });
  }
}

describe("a feed", () => {
  it("is stopped once, after the abort, when its stream ends", async () => {
    const sluice = createSluice();
    const source = new RecordingSource();
    await sluice.response(new Request("http://localhost/"), source as unknown as Source);
    expect(source.stops).toEqual([]);
    expect(sluice.disconnect(() => true)).toBe(1);
    expect(source.stops).toEqual(["The event stream has ended (disconnected)."]);
    await sluice.close();
    expect(source.stops).toHaveLength(1);
  });

  it("that is opened for HEAD is stopped after the abort", async () => {
    const sluice = createSluice();
    const source = new RecordingSource();
    await sluice.response(new Request("http://localhost/", { method: "HEAD" }), source as unknown as Source);
    expect(source.stops).toEqual(["The event stream has ended (refused)."]);
    await sluice.close();
  });

  it("that is opened during a drain is stopped after the abort", async () => {
    await using site = await Site.open();
    const source = new RecordingSource(true);
    site.source = source as unknown as Source;
    const client = site.request();
    await until("the source is requested", () => source.opened);
    const drained = site.sluice.drain({ timeout: 5_000 });
    source.release();
    await until("the request is answered", () => client.hasHead);
    expect(client.response.status).toBe(503);
    expect(source.stops).toEqual(["The event stream has ended (drained)."]);
    await drained;
  });

  it("that is opened after the client has left is stopped after the abort", async () => {
    await using site = await Site.open();
    const source = new RecordingSource(true);
    site.source = source as unknown as Source;
    const client = site.request();
    await until("the source is requested", () => source.opened);
    client.close();
    await until("the end is reported", () => site.reasons.length === 1);
    source.release();
    await until("the feed is stopped", () => source.stops.length > 0);
    expect(source.stops).toEqual(["The event stream has ended (client)."]);
    expect(site.reasons).toEqual(["client"]);
  });

  it("whose head cannot be sent is stopped after the abort", async () => {
    await using site = await Site.open();
    const source = new RecordingSource();
    site.source = source as unknown as Source;
    site.answer = (request, response) => {
      const plain = response as ServerResponse;
      const { writeHead } = plain;
      plain.writeHead = () => {
        plain.writeHead = writeHead;
        throw new Error("no head");
      };
      void site.stream(request, response);
    };
    const client = await site.get();
    expect(client.response.status).toBe(500);
    expect(source.stops).toEqual(["The event stream has ended (error)."]);
    expect(site.errors).toMatchObject([{ error: { message: "no head" }, context: { stage: "head" } }]);
  });
});

describe("the signal of a generator", () => {
  it("is aborted when its finally runs", async () => {
    const sluice = createSluice({ highWaterMark: 1_024 });
    const seen: boolean[] = [];
    async function* source({ signal }: SourceContext) {
      try {
        while (true) yield ".".repeat(2_000);
      } finally {
        seen.push(signal.aborted);
      }
    }
    await sluice.response(new Request("http://localhost/"), source);
    await until("the generator is suspended", () => sluice.connections()[0]?.state === "lagging");
    sluice.disconnect(() => true);
    await until("its finally has run", () => seen.length > 0);
    expect(seen).toEqual([true]);
    await sluice.close();
  });
});

describe("the first block of a stream", () => {
  it("carries a reconnection time of each stream's own, within ±20 % of the option", async () => {
    const sluice = createSluice({ retry: 2_000 });
    const retries: number[] = [];
    for (let i = 0; i < 300; i++) {
      const options = i % 2 === 0 ? {} : { retry: 4_000 };
      const response = await sluice.response(new Request("http://localhost/"), new ParkedSource(), options);
      const { value } = await response.body!.getReader().read();
      const retry = Number(/^retry: (\d+)$/m.exec(Buffer.from(value!).toString())?.[1]);
      retries.push(i % 2 === 0 ? retry : retry / 2);
    }
    expect(Math.min(...retries)).toBeGreaterThanOrEqual(1_600);
    expect(Math.max(...retries)).toBeLessThanOrEqual(2_400);
    expect(Math.max(...retries) - Math.min(...retries)).toBeGreaterThan(600);
    await sluice.close();
  });
});
