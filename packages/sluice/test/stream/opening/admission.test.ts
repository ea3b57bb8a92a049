import { describe, expect, it } from "vitest";
import type { RawClient } from "../../support/clients/raw-client.ts";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";
import { until } from "../../support/until.ts";

const never = () => new ParkedSource();

/** Returns the parts of an answer that a refused client needs. */
function refusal({ response }: RawClient) {
  const { status, headers } = response;
  return { status, type: headers["content-type"], retryAfter: Number(headers["retry-after"]) };
}

describe("maxConnections", () => {
  it("answers 503 with Retry-After beyond it, and admits another request once a stream has ended", async () => {
    await using site = await Site.open({ maxConnections: 2 });
    site.source = never;
    const first = await site.get();
    await site.get();
    const third = await site.get();
    expect(refusal(third)).toMatchObject({ status: 503, type: "text/plain; charset=utf-8" });
    expect(refusal(third).retryAfter).toBeGreaterThanOrEqual(2);
    expect(refusal(third).retryAfter).toBeLessThanOrEqual(6);
    first.close();
    await until("the stream is no longer counted", () => site.sluice.connections().length === 1);
    expect((await site.get()).response.status).toBe(200);
    expect(site.sluice.stats()).toMatchObject({ streams: 2, opened: 3, closed: { client: 1, refused: 1 } });
  });

  it("counts requests whose source is still being opened", async () => {
    await using site = await Site.open({ maxConnections: 1 });
    let open: (() => void) | undefined;
    site.source = () =>
      new Promise((resolve) => {
        open = () => resolve(null);
      });
    const first = site.request();
    await until("the first source is requested", () => open !== undefined);
    expect((await site.get()).response.status).toBe(503);
    open?.();
    await until("the first is answered", () => first.hasHead);
    expect(first.response.status).toBe(204);
    site.source = never;
    expect((await site.get()).response.status).toBe(200);
  });
});

describe("maxConnectionsPerKey", () => {
  it("counts by remote address, and answers 429 with Retry-After beyond it", async () => {
    await using site = await Site.open({ maxConnectionsPerKey: 2 });
    site.source = never;
    await site.get();
    const second = await site.get();
    const third = await site.get();
    expect(refusal(third)).toMatchObject({ status: 429, retryAfter: expect.closeTo(4, -1) });
    second.reset();
    await until("the stream is no longer counted", () => site.sluice.connections().length === 1);
    expect((await site.get()).response.status).toBe(200);
  });

  it("counts by connectionKey if there is one, and not at all if that returns undefined", async () => {
    await using site = await Site.open({
      maxConnectionsPerKey: 1,
      connectionKey: (request: { headers: Record<string, string> }) => request.headers["x-user"],
    });
    site.source = never;
    const status = async (user?: string) => {
      const client = await site.get(user === undefined ? {} : { headers: { "x-user": user } });
      return client.response.status;
    };
    expect([await status("ada"), await status("ada"), await status("bob")]).toEqual([200, 429, 200]);
    expect([await status(), await status(), await status()]).toEqual([200, 200, 200]);
  });

  it.each([
    ["the stream is disconnected", async (site: Site) => void site.sluice.disconnect(() => true), never],
    ["the source ends", async () => {}, async function* () {}],
    ["there is nothing to stream", async () => {}, () => null],
    [
      "the source function throws",
      async () => {},
      () => {
        throw new Error("no");
      },
    ],
  ])("counts a stream no longer when %s", async (_, end, source) => {
    await using site = await Site.open({ maxConnectionsPerKey: 1 });
    site.source = source;
    await site.get();
    await end(site);
    await until("the end is reported", () => site.reasons.length === 1);
    site.source = never;
    expect((await site.get()).response.status).toBe(200);
    expect((await site.get()).response.status).toBe(429);
  });

  it("refuses the request and reports the error if connectionKey throws", async () => {
    const cause = new Error("no session");
    await using site = await Site.open({
      maxConnectionsPerKey: 1,
      connectionKey: () => {
        throw cause;
      },
    });
    site.source = never;
    const { response } = await site.get({ keep: true });
    expect(response.status).toBe(503);
    await until("the answer is complete", () => response.complete);
    expect(response.stream.body.toString()).not.toContain("session");
    expect(site.errors).toEqual([{ error: cause, context: { stage: "connection-key" } }]);
  });
});
