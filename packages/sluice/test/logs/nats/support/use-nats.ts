import { type JetStreamManager, jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { afterEach, beforeEach } from "vitest";
import type { ChannelLog, Log, LogEntry, NewEntry } from "../../../../src/logs/log.ts";
import { type NatsConnection, type NatsLogOptions, natsLog } from "../../../../src/logs/nats/nats-log.ts";
import { type NatsServer, startNats } from "../../../support/stores/nats-server.ts";
import { startProxy, type TcpProxy } from "../../../support/stores/tcp-proxy.mjs";
import { until } from "../../../support/until.ts";
import { KEEP_ALL } from "../../support/contracts/log-contract.ts";

/** Timeout of the logs, in ms. It is short because some tests wait for it. */
export const TIMEOUT_MS = 1_500;

/** A nats-server for each test, with everything that connects to it. */
export interface NatsTest {
  /** The server of the running test. */
  readonly server: NatsServer;
  /** Runs `cleanUp` after the test. The last one runs first. */
  onCleanUp(cleanUp: () => unknown): void;
  /** Makes a log; by default one that connects to the server itself. */
  newLog(options?: Partial<NatsLogOptions>): Log;
  /** Opens the channel "orders" of a new log. */
  open(options?: Partial<NatsLogOptions>): Promise<ChannelLog>;
  /** Opens the channel "orders" of a log that connects through a proxy. */
  openProxied(): Promise<readonly [ChannelLog, TcpProxy]>;
  /** Makes a connection of the user's own. */
  connect(options?: Parameters<typeof connect>[0]): Promise<NatsConnection>;
  /** Makes a JetStream manager over a connection of its own. */
  admin(): Promise<JetStreamManager>;
}

/** Starts a nats-server before each test of the suite, and stops it after the test. */
export function useNats(): NatsTest {
  let server: NatsServer;
  let cleanUps: (() => unknown)[] = [];

  beforeEach(async () => {
    cleanUps = [];
    server = await startNats();
  });

  afterEach(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
    await server.stop();
  });

  const test: NatsTest = {
    get server() {
      return server;
    },
    onCleanUp: (cleanUp) => void cleanUps.push(cleanUp),
    newLog(options = {}) {
      const address = options.connection ? {} : { servers: server.url };
      const log = natsLog({ ...address, timeout: TIMEOUT_MS, ...options });
      test.onCleanUp(() => log.close());
      return log;
    },
    open: async (options) => test.newLog(options).open("orders", { retain: KEEP_ALL }),
    async openProxied() {
      const proxy = await startProxy(server.port);
      test.onCleanUp(() => proxy[Symbol.asyncDispose]());
      return [await test.open({ servers: `nats://127.0.0.1:${proxy.port}` }), proxy];
    },
    async connect(options = {}) {
      const connection = await connect({ servers: server.url, ...options });
      test.onCleanUp(() => connection.close());
      return connection;
    },
    admin: async () => jetstreamManager(await test.connect()),
  };
  return test;
}

export function entry(n: number, more: Partial<NewEntry> = {}): NewEntry {
  return { type: "n", data: String(n), json: true, ...more };
}

/** Returns every entry of a channel's log. */
export async function readAll(channel: ChannelLog): Promise<readonly LogEntry[]> {
  await channel.sync();
  return (await channel.read(channel.first - 1, 100_000, Number.POSITIVE_INFINITY)) as readonly LogEntry[];
}

/** Resolves once the log answers. */
export function untilAnswers(channel: ChannelLog, deadline?: number): Promise<void> {
  const answers = () =>
    Promise.resolve(channel.sync()).then(
      () => true,
      () => false,
    );
  return until("the log answers", answers, deadline);
}

/** Resolves once the log does not answer any more. */
export function untilSilent(channel: ChannelLog): Promise<void> {
  const fails = () =>
    Promise.resolve(channel.sync()).then(
      () => false,
      () => true,
    );
  return until("the log stops answering", fails);
}
