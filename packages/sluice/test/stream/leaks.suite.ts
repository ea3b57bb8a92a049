import { getEventListeners } from "node:events";
import { connect } from "node:http2";
import { describe, expect, it } from "vitest";
import { type CloseReason, createSluice, type NodeResponse } from "../../src/index.ts";
import { heapGrowthPerUnit } from "../support/heap.ts";
import { expectRoundBelow } from "../support/rounds.ts";
import { Site } from "../support/site.ts";
import { EndlessSource, ParkedSource, valuesThenSilence } from "../support/sources.ts";
import { startServer } from "../support/test-server.ts";
import { turns } from "../support/turns.ts";
import { until } from "../support/until.ts";

const AT_A_TIME = 100;
/** For a busy machine: the longest test takes some seconds, and several times as long if it needs more rounds. */
const TIMEOUT_MS = 400_000;
/**
 * Growth of the heap allowed per stream, in bytes: less than one leaked object, more than the variation of the heap.
 */
const BYTES_PER_STREAM = 200;

/**
 * Expects that the heap grows by less than `limit` bytes for each call of `act`. The calls before the first round warm
 * up and do not count. `rest` resolves once all of them have ended. Returns the number of calls.
 */
async function expectFlatHeap(
  { warmUp, round, limit }: { warmUp: number; round: number; limit: number },
  act: (i: number) => Promise<void>,
  rest: () => Promise<void>,
): Promise<number> {
  let calls = 0;
  const repeat = async (count: number) => {
    const end = calls + count;
    const one = async () => {
      while (calls < end) await act(calls++);
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, one));
    await rest();
  };
  await repeat(warmUp);
  await expectRoundBelow(limit, () => heapGrowthPerUnit(round, () => repeat(round)));
  return calls;
}

describe("ended streams leave no memory behind", () => {
  it(
    "after thousands of connections of HTTP/1.1 that ended in every way, in every state",
    async () => {
      const key = ({ url }: { url: string }) => url.slice(1);
      await using site = await Site.open({ maxConnectionsPerKey: 2, connectionKey: key, compress: true });
      const channel = site.sluice.channel("news");
      for (let i = 0; i < 100; i++) await channel.publish("n", "x".repeat(1_000), { topics: [`${i % 10}`] });
      const ending = new AbortController();
      const waiting = new Map<string, (reason: CloseReason) => void>();
      site.answer = (request, response) => {
        const i = Number(request.url?.slice(1));
        const sources = [
          () => channel.subscribe({ topics: [`own:${i}`, "3"] }),
          () => channel.subscribe({ from: "start", filter: () => i > 0 }),
          () => new ParkedSource(),
          () => valuesThenSilence(i),
          () => new EndlessSource(4_000),
          () => async () => {
            await turns(1);
            return new ParkedSource();
          },
        ];
        const options = {
          signal: ending.signal,
          subscriber: { id: String(i) },
          onClose: (reason: CloseReason) => waiting.get(request.url as string)?.(reason),
        };
        const source = sources[i % sources.length]!() as ParkedSource;
        void site.sluice.stream(request, response as NodeResponse, source, options);
      };
      const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
      const timersBefore = timers();
      const ways = 5;

      const opened = await expectFlatHeap(
        { warmUp: 1_000, round: 3_000, limit: BYTES_PER_STREAM },
        async (i) => {
          const path = `/${i}`;
          const headers: Record<string, string> = i % 3 === 0 ? { "accept-encoding": "gzip" } : {};
          const ended = new Promise<CloseReason>((resolve) => waiting.set(path, resolve));
          const client = await site.get({ path, headers, keep: true });
          expect(client.response.status).toBe(200);
          const way = Math.floor(i / 6) % ways;
          if (way === 0) client.close();
          else if (way === 1) client.reset();
          else if (way === 2) client.halfClose();
          else if (way === 3) site.sluice.disconnect({ id: String(i) });
          else site.sluice.disconnect(({ subscriber }) => subscriber?.id === String(i));
          expect(await ended).toBe(way < 3 ? "client" : "disconnected");
          waiting.delete(path);
          client.close();
          site.forget(client);
        },
        () => until("all connections are gone", () => site.sockets.size === 0),
      );

      expect(site.sluice.stats()).toMatchObject({ streams: 0, live: 0, lagging: 0, opened });
      expect(channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
      expect(site.sluice.connections()).toEqual([]);
      expect(getEventListeners(ending.signal, "abort")).toEqual([]);
      await until("no more timers are pending than before", () => timers() <= timersBefore);
      expect(site.errors).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    "after thousands of streams one after another on the same connection",
    async () => {
      await using site = await Site.open();
      const channel = site.sluice.channel("news");
      await channel.publish("n", 1);
      site.source = channel.subscribe({ from: "start" });
      const { answer } = site;
      site.answer = (request, response) => {
        answer(request, response);
        setImmediate(() => site.sluice.disconnect(() => true));
      };
      const client = site.request();
      let opened = 1;
      const repeat = async (count: number) => {
        for (const end = opened + count; opened < end; opened++) {
          await client.when(() => client.responses.at(-1)?.complete === true);
          client.responses.length = 0;
          client.send();
        }
        await client.when(() => client.responses.at(-1)?.complete === true);
      };
      await repeat(500);
      await expectRoundBelow(BYTES_PER_STREAM, () => heapGrowthPerUnit(2_000, () => repeat(2_000)));
      expect([site.sockets.size, site.sluice.stats().opened]).toEqual([1, opened]);
      expect([...site.sockets][0]!.listenerCount("close")).toBeLessThan(10);
    },
    TIMEOUT_MS,
  );

  it(
    "after thousands of streams of HTTP/2 that were cancelled or lost their connection",
    async () => {
      const sluice = createSluice();
      const channel = sluice.channel("news");
      let ended = 0;
      await using server = await startServer((request, response) => {
        void sluice.stream(request, response as NodeResponse, channel.subscribe({ topics: ["a"] })).then(() => ended++);
      }, "http2");
      // A few per connection: the server treats many cancellations on one connection as an attack.
      const act = async (i: number) => {
        const session = connect(`http://127.0.0.1:${server.port}`);
        session.on("error", () => undefined);
        for (let k = 0; k < 5; k++) {
          await new Promise<void>((resolve) => {
            const request = session.request();
            request.on("error", () => undefined);
            request.on("close", resolve);
            request.on("response", () => (i % 2 === 0 ? request.close(8) : session.destroy()));
          });
          if (session.destroyed) break;
        }
        session.destroy();
      };
      const rest = () => until("all have ended", () => server.sockets.size === 0 && sluice.stats().streams === 0);
      const connections = await expectFlatHeap({ warmUp: 800, round: 800, limit: BYTES_PER_STREAM * 2.5 }, act, rest);
      expect(channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
      expect(ended).toBe(sluice.stats().opened);
      expect(ended).toBeGreaterThan(2.5 * connections);
      await sluice.close();
    },
    TIMEOUT_MS,
  );

  it(
    "after thousands of responses of the Fetch standard that were cancelled, aborted or never read",
    async () => {
      const sluice = createSluice({ highWaterMark: 1_024, stallTimeout: 200 });
      const channel = sluice.channel("news");
      for (let i = 0; i < 100; i++) await channel.publish("n", "x".repeat(100));
      const app = new AbortController();
      const act = async (i: number) => {
        const own = new AbortController();
        const request = new Request("http://localhost/", { signal: own.signal });
        const source = i % 2 === 0 ? channel.subscribe({ from: "start", filter: () => true }) : new EndlessSource(500);
        const response = await sluice.response(request, source, { signal: app.signal, subscriber: { id: `${i}` } });
        const reader = response.body!.getReader();
        await reader.read();
        if (i % 3 === 0) await reader.cancel();
        else if (i % 3 === 1) own.abort();
        else sluice.disconnect({ id: `${i}` });
      };
      // A body that nobody reads is a stall, also after its stream has ended.
      const settle = () => new Promise<void>((resolve) => setTimeout(resolve, 1_000));
      const opened = await expectFlatHeap({ warmUp: 1_000, round: 3_000, limit: BYTES_PER_STREAM }, act, settle);
      expect(sluice.stats()).toMatchObject({ streams: 0, opened });
      expect(channel.stats()).toMatchObject({ subscribers: 0, cohorts: 0 });
      expect(getEventListeners(app.signal, "abort")).toEqual([]);
      await sluice.close();
    },
    TIMEOUT_MS,
  );
});
