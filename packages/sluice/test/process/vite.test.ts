import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { Channel } from "../../src/index.ts";
import { startServer } from "../support/test-server.ts";
import { until } from "../support/until.ts";
import { ended, open } from "./support/reloaded-module.ts";

const SLUICE = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
const RELOAD = fileURLToPath(new URL("../../src/process/reload.ts", import.meta.url));

interface App {
  readonly revision: number;
  readonly orders: Channel;
  handle(...exchange: Parameters<Parameters<typeof startServer>[0]>): void;
}

/** The source text of a module that defines a shared Sluice and a channel. */
const appText = (key: string, revision: number, options = "", channelOptions = "{}") => `
  import { createSluice, sharedSluice } from "sluice";
  import { label } from "./label.js";
  const sluice = sharedSluice("${key}", () => createSluice({ connectionKey: () => label, ${options} }));
  export const orders = sluice.channel("orders", ${channelOptions});
  export const revision = ${revision};
  export const handle = (request, response) => sluice.stream(request, response, orders.subscribe());
`;

/** A save that Vite has not seen for this time is repeated: its watcher may not have been ready. */
const SAVE_AGAIN_MS = 2_000;
const SAVE_LIMIT_MS = 60_000;

/** A development server of Vite that evaluates modules in this process, and the module `app.js`. */
class ViteApp {
  readonly url: string;
  readonly load: () => Promise<App>;
  readonly #folder: string;
  readonly #key: string;
  #revision = 0;

  private constructor(url: string, load: () => Promise<App>, folder: string, key: string) {
    this.url = url;
    this.load = load;
    this.#folder = folder;
    this.#key = key;
  }

  static async start(key: string): Promise<ViteApp> {
    const { createServer } = await import("vite");
    const folder = mkdtempSync(join(tmpdir(), "sluice-vite-"));
    writeFileSync(join(folder, "label.js"), 'export const label = "a";');
    writeFileSync(join(folder, "app.js"), appText(key, 0));
    const vite = await createServer({
      root: folder,
      configFile: false,
      logLevel: "silent",
      appType: "custom",
      server: { middlewareMode: true, hmr: false, ws: false },
      optimizeDeps: { noDiscovery: true },
      resolve: { alias: { sluice: SLUICE } },
    });
    const load = () => vite.ssrLoadModule("/app.js") as Promise<unknown> as Promise<App>;
    await load();
    // The first reload loads this code. It would otherwise be loading when the test ends.
    await vite.ssrLoadModule(RELOAD);
    const server = await startServer(async (request, response) => (await load()).handle(request, response));
    onTestFinished(async () => {
      await server[Symbol.asyncDispose]();
      await vite.close();
      rmSync(folder, { recursive: true });
    });
    return new ViteApp(`http://127.0.0.1:${server.port}`, load, folder, key);
  }

  /** Saves the module, and resolves to it as soon as Vite evaluates it again. */
  async save(options?: string, channelOptions?: string): Promise<App> {
    const revision = ++this.#revision;
    const text = appText(this.#key, revision, options, channelOptions);
    let savedAt = Number.NEGATIVE_INFINITY;
    const isEvaluated = async () => {
      if (performance.now() - savedAt > SAVE_AGAIN_MS) {
        writeFileSync(join(this.#folder, "app.js"), text);
        savedAt = performance.now();
      }
      return (await this.load()).revision === revision;
    };
    await until("Vite evaluates the saved module", isEvaluated, SAVE_LIMIT_MS);
    return this.load();
  }
}

describe("on a development server of Vite, with a stream open", () => {
  const info = vi.spyOn(console, "info").mockImplementation(() => undefined);
  let keys = 0;
  let app: ViteApp;
  beforeEach(async () => {
    info.mockClear();
    app = await ViteApp.start(`vite-${++keys}`);
  });

  it("an unchanged save keeps the stream, and the new module publishes to it", async () => {
    const before = await app.load();
    const stream = await open(app.url);
    await before.orders.publish("n", 1);
    const after = await app.save();
    expect(after.orders).toBe(before.orders);
    await after.orders.publish("n", 2);
    expect([await stream.next(), await stream.next()]).toMatchObject([{ data: "1" }, { data: "2" }]);
    expect((await after.orders.history()).events).toHaveLength(2);
    expect(info).not.toHaveBeenCalled();
  });

  it("changed options of the Sluice end the stream; its client reconnects and receives a gap", async () => {
    const stream = await open(app.url);
    const id = await (await app.load()).orders.publish("n", 1);
    const after = await app.save("retry: 5_000");
    await ended(stream);
    const resumed = await open(app.url, id);
    expect(await resumed.next()).toMatchObject({ type: "gap" });
    await after.orders.publish("n", 2);
    expect(await resumed.next()).toMatchObject({ data: "2" });
    await until("the reload is announced", () => info.mock.calls.flat().join().includes("(retry)"));
  });

  it("changed options of a channel end its streams, and count at once", async () => {
    const stream = await open(app.url);
    const after = await app.save("", "{ retain: { events: 2 } }");
    await ended(stream);
    for (let n = 0; n < 5; n++) await after.orders.publish("n", n);
    expect(after.orders.stats().retained).toBe(2);
  });

  it("a module that fails leaves the stream as it is", async () => {
    const stream = await open(app.url);
    const { orders } = await app.load();
    await expect(app.save("heartbeat: -1")).rejects.toThrow("heartbeat");
    await orders.publish("n", 1);
    expect(await stream.next()).toMatchObject({ data: "1" });
  });

  it("two copies of the package share one Sluice", async () => {
    const other = await ViteApp.start(`vite-${keys}`);
    const stream = await open(app.url);
    await (await other.load()).orders.publish("n", 1);
    expect(await stream.next()).toMatchObject({ data: "1" });
    expect(info).not.toHaveBeenCalled();
  });
});
