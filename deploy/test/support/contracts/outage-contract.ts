import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { NativeSource } from "../clients/native-source.ts";
import { PROTOCOLS, type Protocol } from "../clients/stream-client.ts";
import { DeskProcess } from "../desks/desk-process.ts";
import { STREAM } from "../desks/proxied-desk.ts";
import { eventually } from "../eventually.ts";
import { type ProxyKind, ProxyProcess } from "../proxies/proxy-process.ts";

const SOURCES = 60;
/** Time between two connects, in ms. Some sources connect before the proxy's check of each second, others after it. */
const PACE_MS = 50;

/** Tests that behind a proxy with its shipped file, a native EventSource survives if it connects while no desk runs. */
export function describeOutage(kind: ProxyKind, protocols: readonly Protocol[] = PROTOCOLS): void {
  describe(`deploy/${kind.files[0]}, while no desk runs`, () => {
    it("no native EventSource that connects after the desk was killed gives up", async () => {
      const folder = await mkdtemp(join(tmpdir(), "sluice-killed-"));
      const desk = await DeskProcess.start(folder);
      const proxy = await ProxyProcess.start(kind, { desks: [desk.port, desk.port] });
      const headers = await desk.signIn();
      const sources: NativeSource[] = [];
      const connect = (i: number) => {
        const protocol = protocols[i % protocols.length]!;
        const source = new NativeSource(proxy, { protocol, path: STREAM, headers }, "orders");
        sources.push(source);
        return source;
      };
      try {
        const first = connect(0);
        await eventually("the proxy reaches the desk", () => first.isOpen || first.dead !== undefined);
        await desk[Symbol.asyncDispose]();
        for (let i = 1; i < SOURCES; i++) {
          connect(i);
          await wait(PACE_MS);
        }
        await desk.start();
        await eventually("all are open or dead", () =>
          sources.every(({ isOpen, dead }) => isOpen || dead !== undefined),
        );
        const requests = sources.reduce((sum, source) => sum + source.requests.length, 0);
        const dead = sources.flatMap((source) => source.dead ?? []);
        console.log(`${kind.name}, no desk for 3 s: ${dead.length} of ${SOURCES} dead, ${requests} requests`);
        expect(dead).toEqual([]);
      } finally {
        for (const source of sources) source.close();
        await proxy.stop();
        await desk[Symbol.asyncDispose]();
        await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      }
    });
  });
}
