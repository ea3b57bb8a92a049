import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { Site } from "../../support/site.ts";
import { ParkedSource } from "../../support/sources.ts";
import { until } from "../../support/until.ts";

describe("the option signal", () => {
  it("ends its streams when it aborts, and has one listener for all of them until the last has ended", async () => {
    await using site = await Site.open();
    const ending = new AbortController();
    const listeners = () => getEventListeners(ending.signal, "abort").length;
    const warned = vi.spyOn(process, "emitWarning");
    site.source = () => new ParkedSource();
    site.options = { signal: ending.signal };
    const clients = await Promise.all(Array.from({ length: 20 }, () => site.get()));
    expect(listeners()).toBe(1);
    expect(warned).not.toHaveBeenCalled();
    for (const client of clients) client.close();
    await until("all have ended", () => site.reasons.length === 20);
    expect(listeners()).toBe(0);

    const [first, second] = [await site.get(), await site.get()];
    expect(listeners()).toBe(1);
    ending.abort();
    await until("both have ended", () => first.response.complete && second.response.complete);
    expect(site.reasons.slice(20)).toEqual(["disconnected", "disconnected"]);
    expect(listeners()).toBe(0);
  });

  it("that has aborted before ends the stream at once", async () => {
    await using site = await Site.open();
    const source = new ParkedSource();
    site.source = source;
    site.options = { signal: AbortSignal.abort() };
    const client = await site.get();
    await until("the body has ended", () => client.response.complete);
    expect(site.reasons).toEqual(["disconnected"]);
    expect(source).toMatchObject({ pulls: 0, returned: 1 });
  });
});
