/**
 * A server whose requests each have a store in `AsyncLocalStorage`. Several kinds of requests come first and end, and
 * others of the same kinds go on. The program then prints which of the first stores are still in memory, and in the end
 * which callbacks found the store of their own request. The first request also makes the Sluice, as in a framework that
 * runs the module of a route when it is first asked for.
 * Arguments: none, or `lmdb <folder>`, `redis <url>` or `nats <url>`.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { createServer } from "node:http";
import { createSluice, memoryLog } from "../../../dist/index.js";

const ATTEMPTS = 100;
const PAUSE_MS = 50;

async function openLog() {
  const [kind, address] = process.argv.slice(2);
  if (kind === "lmdb") return (await import("../../../dist/logs/lmdb/lmdb-log.js")).lmdbLog({ path: address });
  if (kind === "redis") return (await import("../../../dist/logs/redis/redis-log.js")).redisLog({ url: address });
  if (kind === "nats") return (await import("../../../dist/logs/nats/nats-log.js")).natsLog({ servers: address });
  return memoryLog();
}

const log = await openLog();
const storage = new AsyncLocalStorage();
const gc = globalThis.gc ?? (() => globalThis.Bun.gc(true));
const sleep = (ms) => new Promise((resolve) => void setTimeout(resolve, ms));

/** The first store of each kind of request. */
const first = new Map();

let parts;

function makeParts() {
  const sluice = createSluice({ log, heartbeat: 100, drainOn: ["SIGTERM"], onError: () => undefined });
  return { sluice, news: sluice.channel("news"), exports: sluice.jobs("exports") };
}

const everything = () => true;

/** The callbacks that ran, each with true if it found the store of its own request. */
const callbacks = {};

/** Notes a callback of a request of this kind. */
function note(callback, kind) {
  callbacks[callback] = callbacks[callback] !== false && storage.getStore()?.kind === kind;
}

/** How to answer each kind of request. */
const kinds = {
  channel: (req, res, { sluice, news }) => sluice.stream(req, res, news.subscribe()),
  listener: (req, res, { sluice, news }) =>
    sluice.stream(req, res, news.subscribe(), { onClose: () => note("onClose", "listener") }),
  filter: (req, res, { sluice, news }) => sluice.stream(req, res, news.subscribe({ filter: everything })),
  replay: (req, res, { sluice, news }) => sluice.stream(req, res, news.subscribe({ from: "start" })),
  source: (req, res, { sluice }) => sluice.stream(req, res, waiting),
  iterated: (req, res, { sluice, news }) => sluice.stream(req, res, iterating(news)),
  fetch: async (_req, res, { sluice, news }) => {
    const response = await sluice.response(new Request("http://desk.example/"), news.subscribe());
    await response.body.cancel();
    res.end();
  },
  publish: async (_req, res, { news }) => res.end(await news.publish("edition", "text")),
  history: async (_req, res, { news }) => res.end(JSON.stringify(await news.history())),
  resumed: async (_req, res, { news }) => res.end(JSON.stringify(await news.history({ after: "unknown" }))),
  job: async (_req, res, { exports }) => res.end(await exports.start(({ progress }) => progress(1)).result),
  cancelled: async (_req, res, { exports }) => {
    const { id, result } = exports.start(async ({ signal }) => {
      await new Promise((end) => signal.addEventListener("abort", end));
      note("job", "cancelled");
    });
    await sleep(PAUSE_MS);
    storage.exit(() => exports.cancel(id));
    await result.catch(() => undefined);
    res.end();
  },
};

async function* waiting({ signal }) {
  signal.addEventListener("abort", () => note("abort", "source"));
  try {
    yield "waiting";
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  } finally {
    note("finally", "source");
  }
}

const iterating = (news) =>
  async function* () {
    for await (const { data } of news.subscribe()) yield data;
  };

const server = createServer((req, res) => {
  const kind = req.url.slice(1);
  const store = { kind };
  if (!first.has(kind)) first.set(kind, new WeakRef(store));
  // The timer of a connection that is kept would keep a store: Node starts it at the end of a response.
  res.shouldKeepAlive = false;
  storage.run(store, async () => {
    parts ??= makeParts();
    await kinds[kind](req, res, parts);
  });
});

await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const origin = `http://127.0.0.1:${server.address().port}`;

/** Keeps the bodies that are being read. */
const responses = [];

/** Requests each kind once. Resolves to a function that ends the requests. */
async function requestAll() {
  const controller = new AbortController();
  const { signal } = controller;
  for (const kind of Object.keys(kinds)) {
    const response = await fetch(`${origin}/${kind}`, { signal });
    responses.push(response);
    // A stream's first bytes have come; any other answer is complete.
    if (response.headers.get("content-type") === "text/event-stream") await response.body.getReader().read();
    else await response.text();
  }
  return () => controller.abort();
}

const endFirst = await requestAll();
const endOthers = await requestAll();
endFirst();
await sleep(PAUSE_MS);

const kept = () => [...first].filter(([, ref]) => ref.deref() !== undefined).map(([kind]) => kind);
for (let attempt = 0; attempt < ATTEMPTS && kept().length > 0; attempt++) {
  // Others go on.
  await fetch(`${origin}/publish`).then((response) => response.text());
  await sleep(PAUSE_MS);
  gc();
}
console.log(JSON.stringify({ kept: kept(), streams: parts.sluice.stats().streams }));
await parts.sluice.close();
console.log(JSON.stringify({ callbacks }));
endOthers();
server.closeAllConnections();
server.close();
