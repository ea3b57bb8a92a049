import { describe, expect, it } from "vitest";
import { type CloseReason, createSluice } from "../../../src/index.ts";
import { ParkedSource } from "../../support/sources.ts";

describe("a request of the Fetch standard", () => {
  it("is answered, and opens nothing, if it was aborted before", async () => {
    const sluice = createSluice();
    const reasons: CloseReason[] = [];
    const source = new ParkedSource();
    const request = new Request("http://localhost/", { signal: AbortSignal.abort() });
    const response = await sluice.response(request, source, { onClose: (reason) => reasons.push(reason) });
    expect([response.status, reasons, source.pulls]).toEqual([499, ["client"], 0]);
    await sluice.close();
  });

  it("is answered with the headers of the stream although it was aborted", async () => {
    const sluice = createSluice();
    const request = new Request("http://localhost/", { signal: AbortSignal.abort() });
    const response = await sluice.response(request, new ParkedSource(), { headers: { "X-Desk": "own" } });
    expect([response.status, response.headers.get("x-desk")]).toEqual([499, "own"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    await sluice.close();
  });

  it.each([
    ["before its source function returns", false],
    ["before the promise of its source function resolves", true],
  ])("leaves nothing behind if it is aborted %s", async (_, isAsync) => {
    await using sluice = createSluice({ maxConnections: 1 });
    const channel = sluice.channel("news");
    // Loads the code of streams, so that the next stream is opened within the call.
    await channel.position();
    await (await sluice.response(new Request("http://x/"), () => null)).text();
    const controller = new AbortController();
    const request = new Request("http://x/", { signal: controller.signal });
    const reasons: string[] = [];
    let makeSource = () => {};
    const source = () => {
      controller.abort();
      if (!isAsync) return channel.subscribe();
      return new Promise<ReturnType<typeof channel.subscribe>>((resolve) => {
        makeSource = () => resolve(channel.subscribe());
      });
    };
    const response = await sluice.response(request, source, { onClose: (reason) => void reasons.push(reason) });
    expect(response.status).toBe(499);
    expect(reasons).toEqual(["client"]);
    makeSource();
    await channel.position();
    expect(sluice.stats().streams).toBe(0);
    expect(channel.stats().subscribers).toBe(0);
    const next = await sluice.response(new Request("http://x/"), channel.subscribe());
    expect(next.status).toBe(200);
    await next.body?.cancel();
  });
});
