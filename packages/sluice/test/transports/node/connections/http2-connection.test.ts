import { describe, expect, it, onTestFinished } from "vitest";
import {
  type Channel,
  type CloseReason,
  createSluice,
  type NodeResponse,
  type Sluice,
  type SluiceOptions,
} from "../../../../src/index.ts";
import { RawHttp2Client, type RawHttp2Stream, type Windows } from "../../../support/clients/raw-http2-client.ts";
import { startServer } from "../../../support/test-server.ts";
import { until } from "../../../support/until.ts";

const STALL_MS = 1_000;
/** Larger than all that a test sends. */
const AMPLE = 10_000_000;
const EVENT = ".".repeat(1_000);

interface Site {
  readonly sluice: Sluice;
  readonly news: Channel;
  readonly reasons: CloseReason[];
  connect(windows?: Windows): RawHttp2Client;
  /** Opens streams of the channel, and waits for their heads. */
  open(client: RawHttp2Client, count: number): Promise<RawHttp2Stream[]>;
  publish(events: number): Promise<void>;
}

/** A server on HTTP/2 whose streams are of one channel. Its events are numbered from 1. */
async function serve(options: SluiceOptions = {}): Promise<Site> {
  const sluice = createSluice({ stallTimeout: STALL_MS, onError: () => undefined, ...options });
  const news = sluice.channel("news", { retain: { events: 10_000 } });
  const reasons: CloseReason[] = [];
  const server = await startServer((request, response) => {
    void sluice.stream(request, response as NodeResponse, news.subscribe()).then((reason) => reasons.push(reason));
  }, "http2");
  onTestFinished(async () => {
    await sluice.close();
    await server[Symbol.asyncDispose]();
  });
  let published = 0;
  return {
    sluice,
    news,
    reasons,
    connect(windows) {
      const client = new RawHttp2Client(server.port, windows);
      onTestFinished(() => client[Symbol.dispose]());
      return client;
    },
    async open(client, count) {
      const streams = Array.from({ length: count }, () => client.get());
      await until("the heads have arrived", () => streams.every(({ status }) => status === 200));
      return streams;
    },
    async publish(events) {
      for (let i = 0; i < events; i++) await news.publish("n", { number: ++published, text: EVENT });
    },
  };
}

const numbersOf = ({ received }: RawHttp2Stream) => received.events.map(({ data }) => JSON.parse(data).number);
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
const hasReceived = (stream: RawHttp2Stream, events: number) => stream.received.events.length >= events;

/** Reconnects as an `EventSource` does, and returns all numbers that both streams received. */
async function resume(client: RawHttp2Client, old: RawHttp2Stream, last: number): Promise<number[]> {
  const again = client.get("/", { "last-event-id": old.received.lastEventId });
  await until("the rest has arrived", () => numbersOf(again).at(-1) === last);
  return [...numbersOf(old), ...numbersOf(again)];
}

describe("a stream of HTTP/2 that stalls", () => {
  it("does not stall the others on its connection, and is reset alone", async () => {
    const site = await serve();
    const client = site.connect({ connection: AMPLE });
    const [stalled, ...live] = (await site.open(client, 4)) as [RawHttp2Stream, ...RawHttp2Stream[]];
    stalled.reads = false;
    await site.publish(300);
    await until("the others have everything", () => live.every((stream) => hasReceived(stream, 300)));
    expect(hasReceived(stalled, 100)).toBe(false);
    await until("it is reset", () => stalled.resetWith !== undefined);
    expect(site.reasons).toEqual(["stalled"]);
    await site.publish(1);
    await until("the others go on", () => live.every((stream) => hasReceived(stream, 301)));
    expect(client.closed).toBe(false);
    expect(await resume(client, stalled, 301)).toEqual(upTo(301));
    for (const stream of live) expect(numbersOf(stream)).toEqual(upTo(301));
  });

  it("is reset alone although the connection is busy, and its window mostly used up", async () => {
    const site = await serve();
    const client = site.connect();
    client.readsConnection = false;
    const [live, stalled] = (await site.open(client, 2)) as [RawHttp2Stream, RawHttp2Stream];
    stalled.reads = false;
    // A reader that is slower than the publisher: the window is used up, and enlarged a little at a time.
    const enlarging = setInterval(() => client.enlarge(0, 16_384), 50);
    onTestFinished(() => clearInterval(enlarging));
    for (let i = 0; i < 40 && stalled.resetWith === undefined; i++) {
      await site.publish(60);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await until("it is reset", () => stalled.resetWith !== undefined);
    expect(site.reasons).toEqual(["stalled"]);
    expect(client.closed).toBe(false);
    const { length } = live.received.events;
    await until("the other goes on", () => hasReceived(live, length + 10));
  });
});

describe("a connection of HTTP/2 that stalls", () => {
  it("because its window is used up is cut, and all its streams resume on another without loss", async () => {
    const site = await serve();
    const client = site.connect({ stream: AMPLE });
    client.readsConnection = false;
    const streams = await site.open(client, 4);
    await site.publish(100);
    await until("the connection is cut", () => client.closed);
    expect(site.sluice.stats()).toMatchObject({ streams: 0, closed: { stalled: 4 } });
    expect(site.reasons).toEqual(["stalled", "stalled", "stalled", "stalled"]);
    const second = site.connect({ connection: AMPLE });
    for (const stream of streams) expect(await resume(second, stream, 100)).toEqual(upTo(100));
  });

  it("takes with it the stream that was opened on it meanwhile", async () => {
    const site = await serve();
    const client = site.connect({ stream: AMPLE });
    client.readsConnection = false;
    await site.open(client, 2);
    await site.publish(100);
    await until("the window is used up", () => client.streams.get(1)!.received.bytes > 30_000);
    await site.open(client, 1);
    await until("the connection is cut", () => client.closed);
    expect(site.sluice.stats()).toMatchObject({ streams: 0, closed: { stalled: 3 } });
  });

  it("because its client reads nothing from the socket is cut", async () => {
    const site = await serve();
    const client = site.connect({ stream: AMPLE, connection: AMPLE });
    await site.open(client, 3);
    client.pause();
    for (let i = 0; i < 20 && site.reasons.length < 3; i++) await site.publish(500);
    await until("all have ended", () => site.reasons.length === 3);
    expect(site.reasons).toEqual(["stalled", "stalled", "stalled"]);
  });

  it("harms no other connection", async () => {
    const site = await serve();
    const client = site.connect({ stream: AMPLE });
    client.readsConnection = false;
    await site.open(client, 2);
    const other = site.connect({ connection: AMPLE });
    const [live] = await site.open(other, 1);
    await site.publish(100);
    await until("the connection is cut", () => client.closed);
    await site.publish(1);
    await until("the other goes on", () => hasReceived(live!, 101));
    expect(numbersOf(live!)).toEqual(upTo(101));
  });
});

describe("a connection of HTTP/2", () => {
  it("goes on if one of its streams is reset by the client", async () => {
    const site = await serve();
    const client = site.connect({ connection: AMPLE });
    const [first, second] = await site.open(client, 2);
    client.reset(first!);
    await until("the server has noticed", () => site.reasons.length === 1);
    await site.publish(3);
    await until("the other goes on", () => hasReceived(second!, 3));
    expect(site.reasons).toEqual(["client"]);
    expect(client.closed).toBe(false);
  });

  it("that opens streams and resets them at once leaves no stream behind, and harms no other", async () => {
    const site = await serve();
    const other = site.connect({ connection: AMPLE });
    const [live] = await site.open(other, 1);
    const client = site.connect({ connection: AMPLE });
    for (let round = 0; round < 20; round++) {
      // Some versions of Node refuse the connection after 1,000 (CVE-2023-44487).
      for (let i = 0; i < 100; i++) client.reset(client.get());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await until("many were opened", () => site.sluice.stats().opened > 500);
    await until("no stream is left", () => site.sluice.stats().streams === 1);
    expect(site.sluice.connections()).toHaveLength(1);
    await site.publish(3);
    await until("the other goes on", () => hasReceived(live!, 3));
  });

  it("counts by its streams against `maxConnections`", async () => {
    const site = await serve({ maxConnections: 3 });
    const client = site.connect({ connection: AMPLE });
    const streams = await site.open(client, 3);
    const refused = client.get();
    await until("the fourth is refused", () => refused.ended);
    expect(refused.status).toBe(503);
    client.reset(streams[0]!);
    await until("there is room again", () => site.sluice.stats().streams === 2);
    await site.open(client, 1);
  });

  it("receives GOAWAY in a drain before its streams end, and opens the next on another connection", async () => {
    const site = await serve();
    const client = site.connect({ connection: AMPLE });
    const streams = await site.open(client, 5);
    const drained = site.sluice.drain({ pace: 200 });
    await until("GOAWAY has arrived", () => client.goneAway !== undefined);
    expect([client.goneAway, client.endedBeforeGoaway]).toEqual([0, []]);
    const next = site.connect().get("/", { accept: "text/event-stream" });
    await until("the next is refused as a stream", () => next.ended);
    expect([next.status, next.received.retries.length]).toEqual([200, 1]);
    await drained;
    await until("the connection has ended", () => client.closed);
    expect(streams.map(({ ended, resetWith }) => [ended, resetWith])).toEqual(streams.map(() => [true, undefined]));
  });
});
