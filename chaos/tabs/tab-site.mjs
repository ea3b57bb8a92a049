// @ts-check
/** A server on HTTP/1.1 with a channel of numbers, and a page whose script shares a stream of it with other tabs. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { createSluice } from "sluice";

const DIST = fileURLToPath(new URL("../../packages/sluice/dist", import.meta.url));

/**
 * The page. Its query has the path of the stream (`stream`), the user (`user`), options of the stream (`options`), and
 * the type of event that it listens to (`type`).
 */
const PAGE = `<!doctype html><link rel="icon" href="data:,"><title>tab</title><script type="module">
  import { openEventStream } from "/dist/client/index.js";
  const query = new URLSearchParams(location.search);
  globalThis.user = query.get("user") ?? "guest";
  globalThis.received = [];
  globalThis.gaps = [];
  globalThis.changes = [];
  const stream = openEventStream(query.get("stream") ?? "/events", {
    shareAcrossTabs: true,
    shareKey: () => globalThis.user,
    headers: () => ({ "x-user": globalThis.user }),
    onGap: (gap) => gaps.push(gap),
    onError: (error, { stage }) => changes.push([Date.now(), stage, String(error)]),
    ...JSON.parse(query.get("options") ?? "{}"),
  });
  stream.on(query.get("type") ?? "n", ({ n, at, user }) => received.push({ n, at, user, receivedAt: Date.now() }));
  stream.onStateChange((state) => changes.push([Date.now(), state, stream.sharing]));
  globalThis.stream = stream;
</script>`;

/** @typedef {import("./tab-site.d.mts").TabSite} TabSite */

/** Starts the server. @returns {Promise<TabSite>} */
export async function startTabSite() {
  const sluice = createSluice({ heartbeat: 5_000 });
  /** @type {import("sluice").Channel<Record<string, { n: number, at: number, user: string }>>} */
  const channel = sluice.channel("numbers", { retain: { events: 1_000_000 } });
  let open = 0;
  let published = 0;
  let lastId = "";
  const counts = { requests: 0, most: 0 };

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    if (pathname.startsWith("/dist/") && !pathname.includes("..")) {
      const text = await readFile(DIST + pathname.slice("/dist".length)).catch(() => undefined);
      response.writeHead(text === undefined ? 404 : 200, { "content-type": "text/javascript" }).end(text);
    } else if (pathname.startsWith("/events")) {
      counts.requests++;
      counts.most = Math.max(counts.most, ++open);
      const user = String(request.headers["x-user"] ?? "guest");
      await sluice.stream(request, response, channel.subscribe({ topics: user === "guest" ? [] : [user] }));
      open--;
    } else {
      response.writeHead(200, { "content-type": "text/html" }).end(PAGE);
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());

  return {
    url: `http://127.0.0.1:${port}/`,
    counts,
    get open() {
      return open;
    },
    get published() {
      return published;
    },
    get lastId() {
      return lastId;
    },
    /** Publishes the next number, to one user or to all. */
    async publish(user = "", type = "n") {
      const data = { n: ++published, at: Date.now(), user };
      lastId = await channel.publish(type, data, user === "" ? {} : { topics: [user] });
    },
    async [Symbol.asyncDispose]() {
      await sluice.close();
      server.close().closeAllConnections();
    },
  };
}
