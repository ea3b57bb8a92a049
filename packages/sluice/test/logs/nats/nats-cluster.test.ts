import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort, NATS, ServerProcess } from "../../../../../scripts/server-process.mjs";
import type { ChannelLog, LogEntry } from "../../../src/logs/log.ts";
import { natsLog } from "../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../helpers/nats-server.ts";
import { until as untilWithin } from "../../helpers/until.ts";
import { KEEP_ALL, recorder } from "../log-contract.ts";

const SERVERS = 3;

/** Servers that have lost one take seconds to agree on another that leads; more, on a machine that is busy. */
const until = (what: string, condition: () => boolean | Promise<boolean>) => untilWithin(what, condition, 40_000);

describe.skipIf(NATS_SERVER === undefined)("natsLog on a cluster of three", { timeout: 180_000 }, () => {
  let servers: ServerProcess[];
  let cleanUps: (() => unknown)[];

  beforeEach(async () => {
    cleanUps = [];
    servers = await startCluster();
  });

  afterEach(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    await Promise.all(servers.map((server) => server.stop()));
  });

  const urls = () => servers.map(({ url }) => url);

  const open = async (): Promise<ChannelLog> => {
    const log = natsLog({ servers: urls(), replicas: SERVERS, timeout: 3_000 });
    cleanUps.push(() => log.close());
    // The servers have to find each other first, and to elect one that leads.
    let channel: ChannelLog | undefined;
    await until("the cluster takes streams", async () => {
      channel = await Promise.resolve(log.open("orders", { retain: KEEP_ALL })).catch(() => undefined);
      return channel !== undefined;
    });
    return channel!;
  };

  /** Says who leads the stream, once all three have all of it. */
  const leader = async (): Promise<ServerProcess> => {
    const connection = await connect({ servers: urls() });
    try {
      const manager = await jetstreamManager(connection);
      let name = "";
      await until("all three have the stream", async () => {
        const streams = await manager.streams
          .list()
          .next()
          .catch(() => []);
        const { leader = "", replicas = [] } = streams[0]?.cluster ?? {};
        name = leader;
        return leader !== "" && replicas.length === SERVERS - 1 && replicas.every(({ current }) => current);
      });
      return servers[Number(name)]!;
    } finally {
      await connection.close();
    }
  };

  test("loses nothing that was acknowledged when the server that leads is killed, one after another", async () => {
    const channels = [await open(), await open()];
    const seen = channels.map((channel) => {
      const told = recorder();
      channel.tail({ ...told.listener, reset: () => {} });
      return told.seen;
    });
    const acknowledged = new Map<number, string>();
    let isOver = false;
    const publish = async (channel: ChannelLog, name: string) => {
      for (let n = 0; !isOver; n++) {
        const data = `${name} ${n}`;
        const [offset] = await channel.append([{ type: "n", data, json: false, id: data }]).catch(() => []);
        if (offset !== undefined) acknowledged.set(offset, data);
      }
    };
    const publishing = channels.flatMap((channel, i) => [0, 1, 2].map((k) => publish(channel, `${i}.${k}`)));

    for (let round = 0; round < 2; round++) {
      const before = acknowledged.size;
      await until("events are published", () => acknowledged.size > before + 100);
      const killed = await leader();
      await killed.kill();
      const then = acknowledged.size;
      await until("another leads", () => acknowledged.size > then + 100);
      await killed.start();
    }
    isOver = true;
    await Promise.all(publishing);

    for (const [i, channel] of channels.entries()) {
      await until("the log answers", () =>
        channel.sync()!.then(
          () => true,
          () => false,
        ),
      );
      const all = (await channel.read(0, 1_000_000, Number.POSITIVE_INFINITY)) as readonly LogEntry[];
      for (const [offset, data] of acknowledged) expect(all[offset - 1]).toMatchObject({ offset, data });
      expect(seen[i]!.map(({ offset, data }) => ({ offset, data }))).toEqual(
        all.map(({ offset, data }) => ({ offset, data })),
      );
    }
  });
});

async function startCluster(): Promise<ServerProcess[]> {
  const routes = await Promise.all(Array.from({ length: SERVERS }, freePort));
  const all = routes.map((port) => `nats://127.0.0.1:${port}`);
  return Promise.all(
    all.map((route, i) =>
      ServerProcess.start(NATS, {
        args: ["--cluster_name", "sluice", "--server_name", `${i}`, "--cluster", route, "--routes", all.join(",")],
      }),
    ),
  );
}
