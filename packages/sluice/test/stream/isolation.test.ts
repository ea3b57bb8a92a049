import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { createSluice, type SourceContext } from "../../src/index.ts";
import type { RawClient } from "../support/raw-client.ts";
import { Site } from "../support/site.ts";
import { ParkedSource } from "../support/sources.ts";
import { until } from "../support/until.ts";

/** A channel with sound subscribers on both sides of one that is broken, in whatever order they are written to. */
async function among(site: Site, breakOne: () => Promise<RawClient>) {
  const channel = site.sluice.channel("news");
  site.source = channel.subscribe();
  const sound = [await site.get(), await site.get()];
  const broken = await breakOne();
  site.source = channel.subscribe();
  site.options = {};
  sound.push(await site.get(), await site.get());
  await until("all are live", () => channel.stats().live + site.reasons.length >= 5);
  return { channel, sound, broken };
}

const sawAll = (clients: RawClient[], count: number) =>
  until("the sound ones have it all", () => clients.every(({ stream }) => stream.events.length === count));

describe("a broken subscriber harms nobody:", () => {
  it("one whose socket is destroyed in the very turn in which an event is sent", async () => {
    await using site = await Site.open();
    const { channel, sound, broken } = await among(site, () => site.get());
    const { localPort } = broken.socket;
    const socket = [...site.sockets].find(({ remotePort }) => remotePort === localPort);
    const published = channel.publish("n", 1);
    socket?.destroy();
    await published;
    await channel.publish("n", 2);
    await sawAll(sound, 2);
    await until("the broken one has gone", () => site.reasons.length === 1);
    expect(site.reasons).toEqual(["client"]);
    expect(site.errors).toEqual([]);
  });

  it("one behind a middleware whose write throws", async () => {
    await using site = await Site.open();
    const cause = new Error("the middleware is broken");
    let isBroken = false;
    const { channel, sound } = await among(site, async () => {
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
      await sawAll(sound, i + 1);
    }
    expect(site.reasons).toEqual(["error"]);
    expect(site.errors).toMatchObject([{ error: cause, context: { stage: "transport" } }]);
    expect(site.sluice.connections()).toHaveLength(4);
  });

  it("one behind a middleware whose write throws before anything is written, in a stream that is compressed", async () => {
    await using site = await Site.open({ compress: true });
    const cause = new Error("the middleware is broken");
    const channel = site.sluice.channel("news");
    site.source = channel.subscribe();
    const sound = await site.get();
    const { answer } = site;
    site.answer = (request, response) => {
      response.write = () => {
        throw cause;
      };
      answer(request, response);
    };
    const broken = site.ask({ headers: { "accept-encoding": "gzip" } });
    await until("the broken one has gone", () => broken.closed);
    await channel.publish("n", 1);
    await sawAll([sound], 1);
    expect(site.reasons).toEqual(["error"]);
    expect(site.errors).toMatchObject([{ error: cause, context: { stage: "transport" } }]);
    expect(channel.stats()).toMatchObject({ subscribers: 1, cohorts: 1 });
  });

  it("one behind a middleware whose end throws", async () => {
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
  ])("one whose onClose %s", async (_, onClose) => {
    await using site = await Site.open();
    const { channel, sound, broken } = await among(site, () => {
      site.options = { onClose };
      return site.get();
    });
    broken.close();
    await until("it has gone", () => site.reasons.length === 1);
    await channel.publish("n", 1);
    await sawAll(sound, 1);
    expect(site.errors).toMatchObject([{ error: { message: "in onClose" }, context: { stage: "on-close" } }]);
    expect(site.reasons).toEqual(["client"]);
  });

  it("one whose filter throws gets only what it does not throw on", async () => {
    await using site = await Site.open();
    const channel = site.sluice.channel<{ n: number }>("news");
    const { sound, broken } = await among(site, () => {
      site.source = channel.subscribe({
        filter: ({ data }) => {
          if (data === 2) throw new Error("in the filter");
          return true;
        },
      });
      return site.get();
    });
    for (let i = 1; i <= 3; i++) await channel.publish("n", i);
    await sawAll(sound, 3);
    await until("it has the others", () => broken.stream.events.length === 2);
    expect(broken.stream.data).toEqual([1, 3]);
    expect(site.errors).toMatchObject([
      { error: { message: "in the filter" }, context: { stage: "filter", channel: "news" } },
    ]);
    expect(site.reasons).toEqual([]);
  });

  it("one whose source throws when it is told to return", async () => {
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
    await until("the event has come", () => client.stream.events.length === 1);
    client.close();
    await until("it is reported", () => site.errors.length > 0);
    expect(site.errors).toEqual([{ error: cause, context: { stage: "source" } }]);
    expect(site.reasons).toEqual(["client"]);
  });

  it("one whose source has no iterator to give", async () => {
    await using site = await Site.open();
    const locked = new ReadableStream();
    locked.getReader();
    site.source = locked;
    const client = await site.get();
    await until("the stream has ended", () => client.response.complete);
    expect(site.reasons).toEqual(["error"]);
    expect(site.errors).toMatchObject([{ error: { code: "ERR_INVALID_STATE" }, context: { stage: "source" } }]);
  });

  it("an onError that throws itself", async () => {
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
