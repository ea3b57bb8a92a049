import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { connect } from "node:net";
import { afterEach, expect, it } from "vitest";
import { createSluice, type Sluice, type SluiceOptions } from "../src/index.ts";
import { SharedMemory } from "./logs/support/shared-memory.ts";
import { readEventStream } from "./support/patient-testing.ts";

let server: Server | undefined;

async function listen(answer: Parameters<typeof createServer>[1]): Promise<number> {
  server = createServer(answer).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  return (server.address() as AddressInfo).port;
}

function quiet(options: SluiceOptions = {}): Sluice {
  return createSluice({ onError: () => undefined, ...options });
}

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

it("close() sends `cancelled` to the followers of jobs", async () => {
  const sluice = quiet();
  const jobs = sluice.jobs("exports");
  const { id } = jobs.start(() => new Promise(() => undefined));
  const port = await listen((req, res) => sluice.stream(req, res, jobs.progress(id)));
  const stream = await readEventStream(`http://127.0.0.1:${port}/`);
  await sluice.close();
  expect((await stream.rest()).map(({ type }) => type)).toEqual(["cancelled"]);
});

it("jobs can be made with valid options after invalid options were refused", () => {
  const sluice = quiet();
  expect(() => sluice.jobs("exports", { keepFor: -1 })).toThrowError(/keepFor/);
  expect(sluice.jobs("exports", { keepFor: 1_000 }).name).toBe("exports");
});

it("channel() and jobs() return the same object for the same name, and refuse other options", () => {
  const sluice = quiet();
  const channel = sluice.channel("orders", { retain: { events: 10 } });
  expect(sluice.channel("orders")).toBe(channel);
  expect(() => sluice.channel("orders", {})).toThrowError(/channel\("orders"\).*other options: retain/);
  const jobs = sluice.jobs("exports", {});
  expect(sluice.jobs("exports")).toBe(jobs);
  expect(() => sluice.jobs("exports", { maxJobs: 5 })).toThrowError(/jobs\("exports"\).*other options: maxJobs/);
});

it("channel() and jobs() refuse a name with a lone surrogate, which no log can tell from another", () => {
  const sluice = quiet();
  for (const name of ["\ud800", "orders-\udc00", "\ude00\ud83d"]) {
    expect(() => sluice.channel(name)).toThrowError(/channel name.*lone surrogates/);
    expect(() => sluice.jobs(name)).toThrowError(/jobs name.*lone surrogates/);
  }
  expect(sluice.channel("orders \u{1f600}").name).toBe("orders \u{1f600}");
});

it("a drain does not shorten a longer reconnection time of a stream", async () => {
  const sluice = quiet();
  const news = sluice.channel("news");
  const port = await listen((req, res) => sluice.stream(req, res, news.subscribe(), { retry: 600_000 }));
  const stream = await readEventStream(`http://127.0.0.1:${port}/`);
  await sluice.drain({ spread: 100 });
  await stream.rest();
  expect(stream.retry).toBeGreaterThanOrEqual(600_000);
});

it("a drain with grace accepts streams until the grace is over, while health shows the drain", async () => {
  const sluice = quiet();
  const port = await listen((req, res) => sluice.stream(req, res, sluice.channel("news").subscribe()));
  const drained = sluice.drain({ grace: 300, pace: 0 });
  expect(sluice.health().status).toBe("draining");
  const stream = await readEventStream(`http://127.0.0.1:${port}/`);
  expect(stream.response.status).toBe(200);
  await drained;
  expect(await stream.rest()).toEqual([]);
  expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(503);
});

it("no reconnection time ends before a drain that waits for a job", async () => {
  const sluice = quiet({ retry: 10 });
  const jobs = sluice.jobs("exports");
  let finish!: () => void;
  const { id } = jobs.start(() => new Promise<void>((resolve) => (finish = resolve)));
  const port = await listen((req, res) => {
    const source = req.url === "/job" ? jobs.progress(id) : sluice.channel("news").subscribe();
    return sluice.stream(req, res, source);
  });
  const job = await readEventStream(`http://127.0.0.1:${port}/job`);
  const news = await readEventStream(`http://127.0.0.1:${port}/news`);
  const drained = sluice.drain({ timeout: 60_000, pace: 0, spread: 0 });
  await news.rest();
  expect(news.retry).toBeGreaterThan(50_000);
  finish();
  expect((await job.rest()).map(({ type }) => type)).toEqual(["completed"]);
  await drained;
});

it("a stream with an unread request body ends at the first write after its client left", async () => {
  const sluice = quiet({ heartbeat: 20 });
  const options = { methods: ["POST"] };
  const port = await listen((req, res) => void sluice.stream(req, res, sluice.channel("news").subscribe(), options));
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n");
  socket.write(Buffer.alloc(1_000_000));
  await expect.poll(() => sluice.stats().streams).toBe(1);
  socket.resetAndDestroy();
  await expect.poll(() => sluice.stats()).toMatchObject({ streams: 0, closed: { client: 1 } });
});

it("onClose receives the state of the stream before its end", async () => {
  const sluice = quiet();
  const news = sluice.channel("news");
  const states: unknown[] = [];
  const port = await listen((req, res) =>
    sluice.stream(req, res, news.subscribe(), {
      onClose: (reason, connection) => states.push(reason, connection?.state),
    }),
  );
  await readEventStream(`http://127.0.0.1:${port}/`);
  await expect.poll(() => news.stats().live).toBe(1);
  sluice.disconnect({ channel: "news" });
  expect(states).toEqual(["disconnected", "live"]);
});

it("a second close() does not resolve before the first", async () => {
  const store = new SharedMemory();
  const sluice = quiet({ log: store.open() });
  await sluice.channel("news").publish("x", 1);
  const order: string[] = [];
  await Promise.all([sluice.close().then(() => order.push("first")), sluice.close().then(() => order.push("second"))]);
  expect(order).toEqual(["first", "second"]);
  expect(sluice.health().status).toBe("closed");
});

it("an error does not show the password of a URL that was passed as an option", () => {
  const log = "redis://user:geheim@127.0.0.1:6379/0" as never;
  expect(() => createSluice({ log })).toThrowError(/redis:\/\/\*\*\*@127/);
  expect(() => createSluice({ log })).not.toThrowError(/geheim/);
});
