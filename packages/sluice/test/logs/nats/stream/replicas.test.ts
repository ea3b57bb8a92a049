import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, describe, expect, it } from "vitest";
import type { ServerProcess } from "../../../../../../scripts/programs/server-process.mjs";
import type { ChannelLog } from "../../../../src/logs/log.ts";
import { type NatsLogOptions, natsLog } from "../../../../src/logs/nats/nats-log.ts";
import { NATS_SERVER, startNats } from "../../../support/stores/nats-server.ts";
import { until } from "../../../support/until.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";
import { startCluster } from "../support/nats-network.ts";

const TIMEOUT_MS = 3_000;
/** The servers must find each other and elect a leader; on a busy machine, this takes seconds. */
const ELECTION_MS = 120_000;

describe.skipIf(NATS_SERVER === undefined)("the replicas of natsLog", { timeout: 300_000 }, () => {
  let cleanUps: (() => unknown)[] = [];
  let errors: Error[] = [];

  afterEach(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    cleanUps = [];
    errors = [];
  });

  async function start(starting: Promise<ServerProcess[]>): Promise<{ urls: string[]; jsm: JetStreamManager }> {
    const servers = await starting;
    cleanUps.push(() => Promise.all(servers.map((server) => server.stop())));
    const connection = await connect({ servers: servers[0]!.url });
    cleanUps.push(() => connection.close());
    const jsm = await jetstreamManager(connection, { checkAPI: false, timeout: TIMEOUT_MS });
    const works = () =>
      jsm.streams
        .list()
        .next()
        .then(
          () => true,
          () => false,
        );
    await until("JetStream works", works, ELECTION_MS);
    return { urls: servers.map(({ url }) => url), jsm };
  }

  /** Opens channels of one log. */
  async function open(options: NatsLogOptions, ...names: string[]): Promise<ChannelLog[]> {
    const log = natsLog({ timeout: TIMEOUT_MS, ...options });
    cleanUps.push(() => log.close());
    const onError = (error: unknown) => void errors.push(error as Error);
    const channels: ChannelLog[] = [];
    for (const name of names) channels.push(await log.open(name, { retain: KEEP_ALL, onError }));
    return channels;
  }

  const replicasOf = async (jsm: JetStreamManager, stream: string) =>
    (await jsm.streams.info(stream)).config.num_replicas;

  const WARNING = /^NATS at .* is a cluster, but only one of its servers keeps the stream sluice_(orders|_lives)\./;

  it("are three in a cluster of three, also if only one server is named, and nothing is reported", async () => {
    const { urls, jsm } = await start(startCluster({ servers: 3 }));
    const [orders] = await open({ servers: urls[0]! }, "orders");
    await orders!.append([{ type: "n", data: "1", json: true }]);
    expect(await replicasOf(jsm, "sluice_orders")).toBe(3);
    expect(await replicasOf(jsm, "sluice__lives")).toBe(3);
    expect(errors).toEqual([]);
  });

  it("stay what they are unless they are given; one is warned of once, for all channels", async () => {
    const { urls, jsm } = await start(startCluster({ servers: 3 }));
    await open({ servers: urls, replicas: 1 }, "orders", "news");
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(WARNING)]);

    await open({ servers: urls }, "orders", "news");
    expect(await replicasOf(jsm, "sluice_orders")).toBe(1);
    expect(errors).toHaveLength(2);

    errors = [];
    const [orders] = await open({ servers: urls, replicas: 3 }, "orders");
    const areThree = async () =>
      (await replicasOf(jsm, "sluice_orders")) === 3 && (await replicasOf(jsm, "sluice__lives")) === 3;
    await until("both streams have three replicas", () => areThree().catch(() => false), ELECTION_MS);
    expect(await replicasOf(jsm, "sluice_news")).toBe(1);
    const publish = () => orders!.append([{ type: "n", data: "1", json: true, id: "own" }]);
    await until(
      "the stream has a leader again",
      () =>
        publish().then(
          () => true,
          () => false,
        ),
      ELECTION_MS,
    );
    expect(await publish()).toEqual([1]);
    // While the streams have no leader, a look at the log may have failed.
    expect(errors.filter((error) => !("outage" in error))).toEqual([]);
  });

  it.each([
    { what: "two servers", options: { servers: 2 } },
    { what: "three servers, two of them with JetStream", options: { servers: 3, withJetStream: 2 } },
  ])("are one in a cluster of $what, which is warned of once", async ({ options }) => {
    const { urls, jsm } = await start(startCluster(options));
    const [orders] = await open({ servers: urls }, "orders", "news");
    expect(await replicasOf(jsm, "sluice_orders")).toBe(1);
    expect(errors.map(({ message }) => message)).toEqual([expect.stringMatching(WARNING)]);
    expect(await orders!.append([{ type: "n", data: "1", json: true }])).toEqual([1]);
  });

  it("are one on a server without a cluster, and a larger number is reported for an existing stream", async () => {
    const { urls, jsm } = await start(startNats().then((server) => [server]));
    await open({ servers: urls }, "orders");
    expect(await replicasOf(jsm, "sluice_orders")).toBe(1);
    expect(errors).toEqual([]);
    const [orders] = await open({ servers: urls, replicas: 3 }, "orders");
    expect(errors.map(({ message }) => message).sort()).toEqual([
      expect.stringMatching(/keeps the stream sluice__lives with 1 instead of 3 replicas: it is not a cluster/),
      expect.stringMatching(/keeps the stream sluice_orders with 1 instead of 3 replicas: it is not a cluster/),
    ]);
    expect(await orders!.append([{ type: "n", data: "1", json: true }])).toEqual([1]);
  });
});
