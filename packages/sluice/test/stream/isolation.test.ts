import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { createSluice, type SourceContext } from "../../src/index.ts";
import type { RawClient } from "../support/clients/raw-client.ts";
import { Site } from "../support/site.ts";
import { ParkedSource } from "../support/sources.ts";
import { until } from "../support/until.ts";

/**
 * Opens a channel with two healthy subscribers before and two after a broken one, so that any order of writes is
 * tested.
 */
async function surround(site: Site, breakOne: () => Promise<RawClient>) {
  const channel = site.sluice.channel("news");
  site.source = channel.subscribe();
  const healthy = [await site.get(), await site.get()];
  const broken = await breakOne();
  site.source = channel.subscribe();
  site.options = {};
  healthy.push(await site.get(), await site.get());
  await until("all are live", () => channel.stats().live + site.reasons.length >= 5);
  return { channel, healthy, broken };
}

const untilReceived = (clients: RawClient[], count: number) =>
  until("the healthy subscribers have all events", () => clients.every(({ stream }) => stream.events.length === count));

describe("other subscribers are not affected by one", () => {
  it("whose socket is destroyed in the turn in which an event is sent", async () => {
    await using site = await Site.open();
    const { channel, healthy, broken } = await surround(site, () => site.get());
    const { localPort } = broken.socket;
    const socket = [...site.sockets].find(({ remotePort }) => remotePort === localPort);
    const published = channel.publish("n", 1);
    socket?.destroy();
    await published;
    await channel.publish("n", 2);
    await untilReceived(healthy, 2);
    await until("the broken one has ended", () => site.reasons.length === 1);
    expect(site.reasons).toEqual(["client"]);
    expect(site.errors).toEqual([]);
  });

  it("behind a middleware whose write throws", async () => {
    await using site = await Site.open();
    const cause = new Error("the middleware is broken");
    let isBroken = false;
    const { channel, healthy } = await surround(site, async () => {
      const { answer } = site;
      site.answer = (request, response) => {
        const plain = response as ServerResponse;
        const { write } = plain;
        plain.write = ((bytes: Uint8Array) => {
          if (isBroken) throw cause;
          return write.call(plain, bytes, "utf8");
        }) as typeof write;
        answer(request, response);
      };
      const client = await site.get();
      site.answer = answer;
      return client;
    });
    isBroken = true;
    for (let i = 0; i < 3; i++) {
      await channel.publish("n", i);
      await untilReceived(healthy, i + 1);
    }
    expect(site.reasons).toEqual(["error"]);
    expect(site.errors).toMatchObject([{ error: cause, context: { stage: "transport" } }]);
    expect(site.sluice.connections()).toHaveLength(4);
  });

  it("behind a middleware whose first write throws, on a compressed stream", async () => {
    await using site = await Site.open({ compress: true });
    const cause = new Error("the middleware is broken");
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const healthy = await site.get();
    const { answer } = site;
    site.answer = (request, response) => {
      response.write = () => {
        throw cause;
      };
      answer(request, response);
    };
    const broken = site.request({ headers: { "accept-encoding": "gzip" } });
    await until("the broken one has ended", () => broken.closed);
    await channel.publish("n", 1);
    await untilReceived([healthy], 1);
    expect(site.reasons).toEqual(["error"]);
    expect(site.errors).toMatchObject([{ error: cause, context: { stage: "transport" } }]);
    expect(channel.stats()).toMatchObject({ subscribers: 1, cohorts: 1 });
  });

  it("behind a middleware whose end throws", async () => {
    await using site = await Site.open();
    const cause = new Error("the middleware is broken");
    const { answer } = site;
    site.answer = (request, response) => {
      response.end = () => {
        throw cause;
      };
      answer(request, response);
    };
    site.source = () => new ParkedSource();
    const client = await site.get();
    expect(site.sluice.disconnect(() => true)).toBe(1);
    await until("its connection is cut", () => client.closed);
    expect(client.response.complete).toBe(false);
    expect(site.reasons).toEqual(["disconnected"]);
    expect(site.errors).toMatchObject([{ error: cause, context: { stage: "transport" } }]);
  });

  it.each([
    [
      "throws",
      () => {
        throw new Error("in onClose");
      },
    ],
    ["rejects", () => Promise.reject(new Error("in onClose"))],
  ])("whose onClose %s", async (_, onClose) => {
    await using site = await Site.open();
    const { channel, healthy, broken } = await surround(site, () => {
      site.options = { onClose };
      return site.get();
    });
    broken.close();
    await until("the broken one has ended", () => site.reasons.length === 1);
    await channel.publish("n", 1);
    await untilReceived(healthy, 1);
    expect(site.errors).toMatchObject([{ error: { message: "in onClose" }, context: { stage: "on-close" } }]);
    expect(site.reasons).toEqual(["client"]);
  });

  it("whose filter throws: it receives only the events on which the filter returns true", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel<{ n: number }>("news");
    const { healthy, broken } = await surround(site, () => {
      site.source = channel.subscribe({
        filter: ({ data }) => {
          if (data === 2) throw new Error("in the filter");
          return true;
        },
      });
      return site.get();
    });
    for (let i = 1; i <= 3; i++) await channel.publish("n", i);
    await untilReceived(healthy, 3);
    await until("the subscriber has the other events", () => broken.stream.events.length === 2);
    expect(broken.stream.data).toEqual([1, 3]);
    expect(site.errors).toMatchObject([
      { error: { message: "in the filter" }, context: { stage: "filter", channel: "news" } },
    ]);
    expect(site.reasons).toEqual([]);
  });

  it("whose source throws when it is returned", async () => {
    await using site = await Site.open();
    const cause = new Error("in return");
    site.source = async function* ({ signal }: SourceContext) {
      try {
        yield 1;
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: the fault under test
        throw cause;
      }
    };
    const client = await site.get();
    await until("the event has arrived", () => client.stream.events.length === 1);
    client.close();
    await until("the error is reported", () => site.errors.length > 0);
    expect(site.errors).toEqual([{ error: cause, context: { stage: "source" } }]);
    expect(site.reasons).toEqual(["client"]);
  });

  it("whose source is a locked stream", async () => {
    await using site = await Site.open();
    const locked = new ReadableStream();
    locked.getReader();
    site.source = locked;
    const client = await site.get();
    await until("the stream has ended", () => client.response.complete);
    expect(site.reasons).toEqual(["error"]);
    expect(site.errors).toMatchObject([{ error: { code: "ERR_INVALID_STATE" }, context: { stage: "source" } }]);
  });

  it("whose error makes onError throw", async () => {
    const sluice = createSluice({
      onError: () => {
        throw new Error("in onError");
      },
    });
    const source = () => {
      throw new Error("x");
    };
    const response = await sluice.response(new Request("http://localhost/"), source);
    expect(response.status).toBe(500);
    await sluice.close();
  });
});
