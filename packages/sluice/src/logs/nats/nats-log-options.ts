import { checkFunction, checkNames, checkNumber, checkText, invalidOption } from "../../base/checks/check-option.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import { loadPackage } from "../../base/loading/load-package.ts";
import { type NatsConnection, NatsLink } from "./connection/nats-link.ts";
import { connectTo, parseServers } from "./connection/servers.ts";
import type { StreamStorage } from "./stream/add-stream.ts";

/** Options of `natsLog`. Give either `connection` or `servers`. */
export interface NatsLogOptions {
  /**
   * Your own connection, from `connect()` of `@nats-io/transport-node` or another transport. The log never closes it.
   * Let it reconnect without limit (`maxReconnectAttempts: -1`): after the connection is closed, every operation
   * rejects. Default: none. Either `connection` or `servers` must be given.
   */
  readonly connection?: NatsConnection | undefined;
  /**
   * Servers of one cluster: `nats://host:port` or `tls://host:port`, with `user:password@` or `token@` before the host.
   * The log connects with `@nats-io/transport-node` on first use, reconnects without limit, and closes the connection
   * with the log. Default: none. Either `connection` or `servers` must be given.
   */
  readonly servers?: string | readonly string[] | undefined;
  /** Beginning of the names of all streams and subjects: 1 to 32 letters, digits and hyphens. Default: `"sluice"`. */
  readonly prefix?: string | undefined;
  /** Time for NATS to complete an operation, in ms, from 100 to 600,000. The operation then rejects. Default: 5,000. */
  readonly timeout?: number | undefined;
  /**
   * Number of servers of a cluster that keep each stream, 1 to 5. Opening a channel also changes its existing stream.
   * Default: an existing stream keeps its number; a new one gets 3 if JetStream can place so many, else 1.
   */
  readonly replicas?: number | undefined;
  /** Where NATS keeps the streams: `"file"` or `"memory"`. Applies when a stream is created. Default: `"file"`. */
  readonly storage?: "file" | "memory" | undefined;
  /**
   * The JetStream domain that has the streams, if it is not the one of the connected server: for example the domain of
   * a leaf node. Default: none.
   */
  readonly domain?: string | undefined;
  /**
   * Bytes of events that this process reads from NATS at a time, over all channels: to catch up, to replay, and for
   * `history()`. While it catches up, they count until its subscribers have taken them, or 100 ms longer. The pages of
   * slower subscribers may take half as much again. At least 65,536. One event alone may have more.
   * Default: 8,388,608 (8 MiB).
   */
  readonly maxReadBytes?: number | undefined;
}

const DEFAULT_PREFIX = "sluice";
const DEFAULT_TIMEOUT_MS = 5_000;
const MIN_TIMEOUT_MS = 100;
const MAX_TIMEOUT_MS = 600_000;
const MAX_REPLICAS = 5;
const DEFAULT_STORAGE = "file";
const DEFAULT_READ_BYTES = 8_388_608;
const MIN_READ_BYTES = 65_536;
const PREFIX = /^[A-Za-z0-9-]{1,32}$/;
/** A domain is one token of a subject. */
const DOMAIN = /^[^\s.*>]+$/;
const NAMES = ["connection", "servers", "prefix", "timeout", "replicas", "storage", "domain", "maxReadBytes"];

/** Checked options, and the connection that they describe. */
export interface CheckedOptions {
  readonly link: NatsLink;
  readonly prefix: string;
  readonly timeout: number;
  readonly kind: StreamStorage["kind"];
  readonly replicas: number | undefined;
  readonly maxReadBytes: number;
}

/** Checks the options, and prepares the connection: it connects at the first use. Throws `INVALID_OPTION`. */
export function checkOptions(options: NatsLogOptions): CheckedOptions {
  checkNames("natsLog()", options, NAMES);
  const { connection, servers, prefix = DEFAULT_PREFIX, storage: kind = DEFAULT_STORAGE, domain } = options;
  checkText("prefix", prefix);
  if (!PREFIX.test(prefix)) throw invalidOption("prefix", "1 to 32 letters, digits and hyphens", prefix);
  if (kind !== "file" && kind !== "memory") throw invalidOption("storage", '"file" or "memory"', kind);
  checkText("domain", domain);
  if (domain !== undefined && !DOMAIN.test(domain)) {
    throw invalidOption("domain", "a name without dots, spaces, `*` and `>`", domain);
  }
  const range = { min: 1, max: MAX_REPLICAS, whole: true };
  const replicas = options.replicas === undefined ? undefined : checkNumber("replicas", options.replicas, 1, range);
  const timeout = checkNumber("timeout", options.timeout, DEFAULT_TIMEOUT_MS, {
    min: MIN_TIMEOUT_MS,
    max: MAX_TIMEOUT_MS,
    unit: "ms",
  });
  const reads = { min: MIN_READ_BYTES, whole: true, unit: "bytes" };
  const maxReadBytes = checkNumber("maxReadBytes", options.maxReadBytes, DEFAULT_READ_BYTES, reads);
  if ((connection === undefined) === (servers === undefined)) {
    throw new SluiceError("INVALID_OPTION", "natsLog() needs either `connection` or `servers`.");
  }
  const js = { timeout, ...(domain !== undefined && { domain }) };
  const makeSession = async (connecting: NatsConnection | Promise<NatsConnection>) => {
    const { jetstream, jetstreamManager } = await loadJetStream();
    const nats = await connecting;
    const jsm = await jetstreamManager(nats, { ...js, checkAPI: false });
    return { connection: nats, js: jetstream(nats, { ...js }), jsm };
  };
  if (connection !== undefined) {
    checkConnection(connection);
    const link = new NatsLink({ connect: () => makeSession(connection), domain });
    return { link, prefix, timeout, kind, replicas, maxReadBytes };
  }
  const parsed = parseServers(servers);
  const connect = async () => {
    await loadJetStream();
    return makeSession(connectTo(parsed, timeout));
  };
  const link = new NatsLink({ connect, servers: parsed.hosts, domain });
  return { link, prefix, timeout, kind, replicas, maxReadBytes };
}

function loadJetStream(): Promise<typeof import("@nats-io/jetstream")> {
  return loadPackage({
    name: "@nats-io/jetstream",
    user: "sluice/nats",
    since: "3",
    load: () => import("@nats-io/jetstream"),
    isUsable: ({ jetstream, jetstreamManager }) =>
      typeof jetstream === "function" && typeof jetstreamManager === "function",
  });
}

function checkConnection(connection: NatsConnection): void {
  if (typeof connection !== "object" || connection === null || typeof connection.status !== "function") {
    throw invalidOption("connection", "a connection from NATS's own client", connection);
  }
  checkFunction("connection.request", connection.request);
}
