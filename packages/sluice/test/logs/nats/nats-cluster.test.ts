import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { freePort, NATS, ServerProcess } from "../../../../../scripts/server-process.mjs";
import type { ChannelLog, LogEntry } from "../../../src/logs/log.ts";
import { natsLog } from "../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER } from "../../support/nats-server.ts";
import { until as untilWithin } from "../../support/until.ts";
import { KEEP_ALL, recorder } from "../support/log-contract.ts";

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
      const manager = await jetstreamManager(connection, { checkAPI: false });
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

  // nats-server 2.9 loses at times what its cluster had acknowledged.
  test("loses nothing that was acknowledged, or says so, when the server that leads is killed, one after another", async () => {
    const channels = [await open(), await open()];
    const epoch = channels[0]!.epoch;
    const seen = channels.map((channel) => {
      const told = recorder();
      channel.tail(told.listener);
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
    // A log that is closed refuses at once: who tried for ever would keep the test from ending.
    cleanUps.push(() => void (isOver = true));

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
      const all = await readAll(channel);
      const isSaid = channel.epoch !== epoch && channel.holds?.(epoch) === undefined;
      const lost = [...acknowledged].filter(([offset, data]) => all[offset - 1]?.data !== data);
      if (!isSaid) expect(lost).toEqual([]);
      const since = isSaid ? all.slice(all.length - seen[i]!.length) : all;
      expect(seen[i]!.map(({ offset, data }) => ({ offset, data }))).toEqual(
        since.map(({ offset, data }) => ({ offset, data })),
      );
      if (isSaid) console.warn(`${NATS.name} lost ${lost.length} events that it had acknowledged.`);
    }
  });
});

/** A server that is still behind the others brings what it has. */
async function readAll(channel: ChannelLog): Promise<readonly LogEntry[]> {
  const all: LogEntry[] = [];
  while (all.length < channel.last) {
    const page = await channel.read(all.length, 10_000, Number.POSITIVE_INFINITY);
    if (page === "gone") throw new Error(`The entry after ${all.length} is gone.`);
    all.push(...page);
  }
  return all;
}

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
