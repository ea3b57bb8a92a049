import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { NativeSource } from "../clients/native-source.ts";
import { PROTOCOLS, type Protocol } from "../clients/stream-client.ts";
import { DeskProcess } from "../desks/desk-process.ts";
import { STREAM } from "../desks/proxied-desk.ts";
import { eventually } from "../eventually.ts";
import { type ProxyKind, ProxyProcess } from "../proxies/proxy-process.ts";

/** Names of the restarts, each with its number of desks. */
const RESTARTS: readonly (readonly [name: string, desks: number])[] = [
  ["a single desk", 1],
  ["one of two desks after the other", 2],
];

const SOURCES = 30;
const PACE_MS = 100;

/** A publisher that places orders on the first desk that answers, and knows their event IDs. */
class Orders {
  readonly ids: string[] = [];
  #running: Promise<void> | undefined;
  #stop = false;

  /** Places orders until `stop()`. */
  start(desks: readonly DeskProcess[], headers: Readonly<Record<string, string>>): void {
    const run = async () => {
      while (!this.#stop) {
        await this.place(desks, headers).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, PACE_MS));
      }
    };
    this.#running = run();
  }

  async place(desks: readonly DeskProcess[], headers: Readonly<Record<string, string>>): Promise<void> {
    const id = await desks[0]!.placeOrder(headers).catch(() => desks.at(-1)!.placeOrder(headers));
    this.ids.push(id);
  }

  async stop(): Promise<void> {
    this.#stop = true;
    await this.#running;
  }
}

/**
 * Tests that behind a proxy with its shipped file, native EventSources survive a restart of the desk without a loss.
 */
export function describeRestarts(kind: ProxyKind, protocols: readonly Protocol[] = PROTOCOLS): void {
  describe(`deploy/${kind.files[0]}, while the desk restarts`, () => {
    it.each(RESTARTS)("no native EventSource gives up and none misses an event: %s", async (name, count) => {
      const folder = await mkdtemp(join(tmpdir(), "sluice-restart-"));
      const desks: DeskProcess[] = [];
      const sources: NativeSource[] = [];
      let proxy: ProxyProcess | undefined;
      const orders = new Orders();
      try {
        for (let i = 0; i < count; i++) desks.push(await DeskProcess.start(folder));
        proxy = await ProxyProcess.start(kind, { desks: [desks[0]!.port, desks.at(-1)!.port] });
        const headers = await desks[0]!.signIn();
        for (let i = 0; i < SOURCES; i++)
          sources.push(
            new NativeSource(proxy, { protocol: protocols[i % protocols.length]!, path: STREAM, headers }, "orders"),
          );
        const allOpen = () => sources.every(({ isOpen, dead }) => isOpen || dead !== undefined);
        await eventually("all streams are open", allOpen);
        expect(sources.filter(({ dead }) => dead !== undefined)).toEqual([]);
        orders.start(desks, headers);
        for (const desk of desks) {
          expect(await desk.stop()).toBe(0);
          await desk.start();
          await eventually("all streams are open again", allOpen);
        }
        await orders.stop();
        await orders.place(desks, headers);
        const last = orders.ids.at(-1)!;
        const dead = () => sources.filter((source) => source.dead !== undefined).length;
        await eventually("all have the last event", () =>
          sources.every((source) => source.dead !== undefined || source.received.includes(last)),
        );
        const requests = sources.reduce((sum, source) => sum + source.requests.length, 0);
        console.log(
          `${kind.name}, restart of ${name}: ${dead()} of ${SOURCES} native EventSources dead, ` +
            `${requests - SOURCES} reconnects, ${orders.ids.length} events, each received once by all`,
        );
        expect(sources.flatMap((source) => source.dead ?? [])).toEqual([]);
        for (const { received } of sources) expect(received).toEqual(received.toSorted(byOffset));
        for (const { received } of sources) expect(new Set(received).size).toBe(received.length);
        for (const { received } of sources) expect(received).toEqual(expect.arrayContaining(orders.ids));
      } finally {
        await orders.stop();
        for (const source of sources) source.close();
        await proxy?.stop();
        for (const desk of desks) await desk[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    });
  });
}

/** Compares event IDs of one life of the log by their offset. */
function byOffset(a: string, b: string): number {
  return Number(a.split("-").at(-1)) - Number(b.split("-").at(-1));
}
