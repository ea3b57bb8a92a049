import { cp, rename, rm } from "node:fs/promises";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, describe, expect, it } from "vitest";
import { freePort } from "../../../../../../scripts/programs/server-process.mjs";
import { sleep } from "../../../../src/base/time/timers.ts";
import type { ChannelLog, LogEntry } from "../../../../src/logs/log.ts";
import { type NatsLogOptions, natsLog } from "../../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { appendToStream } from "../support/append-to-stream.ts";
import { type ConfiguredServer, startConfigured } from "../support/nats-network.ts";
import { entry } from "../support/use-nats.ts";

const TIMEOUT_MS = 2_000;
/** Each node looks at the log once a second. */
const SEVERAL_LOOKS_MS = 3_500;

describe.skipIf(NATS_SERVER === undefined)("natsLog with leaf nodes", () => {
  let cleanUps: (() => unknown)[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    cleanUps = [];
  });

  async function start(settings: Parameters<typeof startConfigured>[0]): Promise<ConfiguredServer> {
    const server = await startConfigured(settings);
    cleanUps.push(() => server[Symbol.asyncDispose]());
    return server;
  }

  /** Opens the channel "orders", once its JetStream can be reached. */
  async function open(options: NatsLogOptions): Promise<{ channel: ChannelLog; seen: LogEntry[]; resets: number[] }> {
    const log = natsLog({ timeout: TIMEOUT_MS, ...options });
    cleanUps.push(() => log.close());
    let channel: ChannelLog | undefined;
    const opens = async () => {
      channel = await Promise.resolve(log.open("orders", { retain: KEEP_ALL })).catch(() => undefined);
      return channel !== undefined;
    };
    await until("the channel is open", opens);
    const seen: LogEntry[] = [];
    const resets: number[] = [];
    const reset = () => void resets.push(channel!.last);
    channel!.tail({ appended: (entries) => void seen.push(...entries), trimmed() {}, reset });
    return { channel: channel!, seen, resets };
  }

  const streamsAt = async (url: string) => {
    const connection = await connect({ servers: url });
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const names = (await manager.streams.list().next()).map(({ config }) => config.name);
    await connection.close();
    return names.sort();
  };

  const numbers = (entries: readonly LogEntry[]) => entries.map(({ data }) => Number(data));

  /** Both nodes publish and receive, and stay in one life. */
  async function expectOneLog(nodes: readonly Awaited<ReturnType<typeof open>>[]): Promise<void> {
    for (const [n, { channel }] of nodes.entries()) {
      await channel.append([{ type: "n", data: String(n), json: true }]);
      await until("both nodes have the event", () => nodes.every(({ seen }) => seen.length === n + 1));
    }
    await sleep(SEVERAL_LOOKS_MS);
    for (const { seen, resets, channel } of nodes) {
      expect(numbers(seen)).toEqual([0, 1]);
      expect(resets).toEqual([]);
      expect(channel.epoch).toBe(nodes[0]!.channel.epoch);
      expect(numbers((await channel.read(0, 10, 1e6)) as LogEntry[])).toEqual([0, 1]);
    }
  }

  it("uses the streams of a leaf node's domain through the hub, as a node at the leaf does", async () => {
    const leafPort = await freePort();
    const hub = await start((store_dir) => ({
      jetstream: { store_dir, domain: "hub" },
      leafnodes: { host: "127.0.0.1", port: leafPort },
    }));
    const edge = await start((store_dir) => ({
      jetstream: { store_dir, domain: "edge" },
      leafnodes: { remotes: [{ url: `nats-leaf://127.0.0.1:${leafPort}` }] },
    }));
    const atEdge = await open({ servers: edge.url });
    const { epoch } = atEdge.channel;
    const throughHub = await open({ servers: hub.url, domain: "edge" });
    expect(throughHub.channel.epoch).toBe(epoch);
    await expectOneLog([throughHub, atEdge]);
    expect(await streamsAt(edge.url)).toEqual(["sluice__lives", "sluice_orders"]);
    expect(await streamsAt(hub.url)).toEqual([]);
  });

  it("reports a loss if the leaf node returns with older data and other events in their place", async () => {
    const leafPort = await freePort();
    const hub = await start(() => ({ leafnodes: { host: "127.0.0.1", port: leafPort } }));
    let data = "";
    const edge = await start((store_dir) => {
      data = store_dir;
      return {
        jetstream: { store_dir, domain: "edge" },
        leafnodes: { remotes: [{ url: `nats-leaf://127.0.0.1:${leafPort}` }] },
      };
    });
    const { channel } = await open({ servers: hub.url, domain: "edge" });
    await channel.append([entry(1)]);
    await edge.process.kill("SIGTERM");
    await cp(data, `${data}-older`, { recursive: true });
    await edge.process.start();
    const publish = () => channel.append([entry(2), entry(3)]).then(Boolean, () => false);
    await until("the leaf node is back", publish);
    await channel.sync();
    const { epoch, last } = channel;
    expect(last).toBeGreaterThanOrEqual(3);

    await edge.process.kill();
    await rm(data, { recursive: true });
    await rename(`${data}-older`, data);
    await edge.process.start();
    // The leaf node connects to the hub a moment later. By then it has as many events as before.
    await appendToStream(edge.url, "orders", { from: 2, to: last + 2, entryAt: (n) => entry(10 * n) });
    await until("the loss is reported", () => channel.epoch !== epoch);
    expect(channel.holds(epoch)).toBeUndefined();
    await channel.sync();
    expect(channel.last).toBe(last + 2);
  });

  it("agrees on one life if the nodes are at different leaf nodes without JetStream", async () => {
    const leafPort = await freePort();
    await start((store_dir) => ({
      jetstream: { store_dir, domain: "hub" },
      leafnodes: { host: "127.0.0.1", port: leafPort },
    }));
    const leaf = () => start(() => ({ leafnodes: { remotes: [{ url: `nats-leaf://127.0.0.1:${leafPort}` }] } }));
    const leaves = [await leaf(), await leaf()];
    await expectOneLog(await Promise.all(leaves.map(({ url }) => open({ servers: url, domain: "hub" }))));
  });
});
