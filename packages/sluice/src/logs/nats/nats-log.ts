import { checkFunction, checkNames, checkNumber, checkText, invalidOption } from "../../base/check-option.ts";
import { loadPackage } from "../../base/load-package.ts";
import { SluiceError } from "../../base/sluice-error.ts";
import type { ChannelLog, Log, OpenOptions } from "../log.ts";
import { closedError } from "../shared/closed-error.ts";
import { placeOf } from "./channel-names.ts";
import { type NatsConnection, NatsLink, within } from "./connection/nats-link.ts";
import { connectTo, parseServers } from "./connection/servers.ts";
import { NatsLives } from "./life/nats-lives.ts";
import { NatsChannelLog } from "./nats-channel-log.ts";
import { type Keeping, NatsStream } from "./stream/nats-stream.ts";

export type { NatsConnection } from "./connection/nats-link.ts";

const { jetstream, jetstreamManager } = await loadPackage(
  "@nats-io/jetstream",
  "sluice/nats",
  () => import("@nats-io/jetstream"),
);

/** How channels are kept in NATS. Either `connection` or `servers` must be given. */
export interface NatsLogOptions {
  /**
   * Your own connection, made by `connect()` of `@nats-io/transport-node` or another transport. It is never closed. It should reconnect for
   * ever (`maxReconnectAttempts: -1`): once it is closed, this log can do nothing more.
   */
  readonly connection?: NatsConnection | undefined;
  /**
   * The servers to connect to by `@nats-io/transport-node`, all of one cluster: `nats://host:port` or `tls://host:port`, with
   * `user:password@` or `token@` before the host. The connection is made when it is first needed, comes back by itself for ever, and is closed
   * with the log.
   */
  readonly servers?: string | readonly string[] | undefined;
  /** Begins the names of streams and subjects: 1 to 32 letters, digits and `-`. Default: `sluice`. */
  readonly prefix?: string | undefined;
  /** How long NATS may take for anything, in ms, from 100; then it rejects. Default: 5,000. */
  readonly timeout?: number | undefined;
  /** On how many servers of a cluster streams are kept, 1 to 5; counts when a stream is made. Default: 1. */
  readonly replicas?: number | undefined;
  /** Where streams are kept, `file` or `memory`; counts when a stream is made. Default: `file`. */
  readonly storage?: "file" | "memory" | undefined;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const MIN_TIMEOUT_MS = 100;
const MAX_TIMEOUT_MS = 600_000;
const MAX_REPLICAS = 5;
const PREFIX = /^[A-Za-z0-9-]{1,32}$/;
const NAMES = ["connection", "servers", "prefix", "timeout", "replicas", "storage"];

/**
 * Keeps events in NATS JetStream, one stream per channel, for any number of processes. Works with nats-server 2.9 or newer.
 *
 * `publish` resolves when JetStream has acknowledged the event: with `replicas: 3` when most of the servers have it; with one server when it
 * is with the operating system, which writes it to disk within `sync_interval` of the server's configuration (2 minutes unless told): the
 * server's process may then be killed, and its machine may not. What is lost nevertheless is told to subscribers as a gap.
 *
 * Throws `INVALID_OPTION`. Importing it rejects with `MISSING_PACKAGE` where `@nats-io/jetstream` is not installed, opening a channel where
 * `@nats-io/transport-node` is not and `servers` was given.
 */
export function natsLog(options: NatsLogOptions): Log {
  const { link, prefix, timeout, keeping } = checkOptions(options);
  const lives = new NatsLives(link, prefix, keeping);
  const opened = new Set<NatsChannelLog>();
  let isClosed = false;
  /** The one that was given last: that the connection broke concerns all channels. */
  let report: (error: unknown) => void = () => undefined;
  link.onLost((error) => report(error));

  async function open(channel: string, { retain, onError = report }: OpenOptions): Promise<ChannelLog> {
    report = onError;
    await within(timeout, "let this process connect", link.open());
    const place = await placeOf(prefix, channel);
    if (isClosed) throw closedError();
    const stream = new NatsStream(link, place, keeping, retain, timeout);
    const closed = (log: NatsChannelLog) => void opened.delete(log);
    const log = new NatsChannelLog({ link, lives, stream, place, retain, timeout, closed });
    opened.add(log);
    try {
      await log.open();
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  return {
    shared: true,
    open,
    async close() {
      isClosed = true;
      for (const log of opened) await log.close();
      await link.close();
    },
  };
}

interface Checked {
  readonly link: NatsLink;
  readonly prefix: string;
  readonly timeout: number;
  readonly keeping: Keeping;
}

function checkOptions(options: NatsLogOptions): Checked {
  checkNames("natsLog()", options, NAMES);
  const { connection, servers, prefix = "sluice", storage = "file" } = options;
  checkText("prefix", prefix);
  if (!PREFIX.test(prefix)) throw invalidOption("prefix", "1 to 32 letters, digits and hyphens", prefix);
  if (storage !== "file" && storage !== "memory") throw invalidOption("storage", '"file" or "memory"', storage);
  const replicas = checkNumber("replicas", options.replicas, 1, { min: 1, max: MAX_REPLICAS, whole: true });
  const timeout = checkNumber("timeout", options.timeout, DEFAULT_TIMEOUT_MS, {
    min: MIN_TIMEOUT_MS,
    max: MAX_TIMEOUT_MS,
    unit: "ms",
  });
  if ((connection === undefined) === (servers === undefined)) {
    throw new SluiceError("INVALID_OPTION", "natsLog() needs either `connection` or `servers`.");
  }
  const keeping = { storage, num_replicas: replicas } as const;
  const session = async (nats: NatsConnection) => ({
    connection: nats,
    js: jetstream(nats, { timeout }),
    jsm: await jetstreamManager(nats, { timeout, checkAPI: false }),
  });
  if (connection !== undefined) {
    checkConnection(connection);
    return { link: new NatsLink(() => session(connection), false), prefix, timeout, keeping };
  }
  const parsed = parseServers(servers);
  const connect = async () => session(await connectTo(parsed, timeout));
  return { link: new NatsLink(connect, true), prefix, timeout, keeping };
}

function checkConnection(connection: NatsConnection): void {
  if (typeof connection !== "object" || connection === null || typeof connection.status !== "function") {
    throw invalidOption("connection", "a connection of NATS's own client", connection);
  }
  checkFunction("connection.request", connection.request);
}
