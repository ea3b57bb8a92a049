import { checkFunction, checkNames, checkNumber, checkText, invalidOption } from "../../base/checks/check-option.ts";
import { SluiceError } from "../../base/errors/sluice-error.ts";
import { loadPackage } from "../../base/loading/load-package.ts";
import { within } from "../../base/time/timers.ts";
import type { ChannelLog, Log, OpenOptions, Retention } from "../log.ts";
import { HeldBytes } from "../shared/bounds/held-bytes.ts";
import { OpenTurns } from "../shared/bounds/open-turns.ts";
import { ReadBudget } from "../shared/bounds/read-budget.ts";
import { closedError } from "../shared/failures/closed-error.ts";
import { TAIL_OUTAGE } from "../shared/failures/out-of-reach.ts";
import { ClosedChannels } from "../shared/view/closed-channels.ts";
import { type ChannelNames, namesOf } from "./channel-names.ts";
import { type NatsConnection, NatsLink } from "./connection/nats-link.ts";
import { connectTo, parseServers } from "./connection/servers.ts";
import { timeoutError } from "./connection/timeout-error.ts";
import { CheckRounds } from "./life/check-rounds.ts";
import { OthersDeletions } from "./life/delete-channel.ts";
import type { KnownEntry } from "./life/known-entry.ts";
import { NatsLives } from "./life/nats-lives.ts";
import { NatsChannelLog } from "./nats-channel-log.ts";
import type { StreamStorage } from "./stream/add-stream.ts";
import { NatsStream } from "./stream/nats-stream.ts";
import { Replicas } from "./stream/replicas.ts";
import { Republishing } from "./stream/republishing.ts";
import { ReceivedBytes } from "./tail/received-bytes.ts";

export type { NatsConnection } from "./connection/nats-link.ts";

/** Options of {@link natsLog}. Give either `connection` or `servers`. */
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

/**
 * Channels that are opened at a time. A server creates one stream after another, and is quickest if it always has the
 * next request.
 */
const MAX_OPENING = 32;
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

/**
 * Keeps events in NATS JetStream, one stream per channel, for any number of processes. Works with nats-server 2.9 or
 * newer.
 *
 * `publish` resolves when JetStream has acknowledged the event. With `replicas: 3`, most of the servers then have it.
 * With a single server, the operating system has it, and NATS writes it to disk within the server's `sync_interval` (2
 * minutes by default). The event then survives a crash of the server's process, but not of its machine. A subscriber
 * that missed lost events receives a gap.
 *
 * Throws `INVALID_OPTION`. Opening a channel rejects with `MISSING_PACKAGE` if `@nats-io/jetstream` is not installed,
 * or with `servers` `@nats-io/transport-node`.
 */
export function natsLog(options: NatsLogOptions): Log {
  const { link, prefix, timeout, kind, replicas: given, maxReadBytes } = checkOptions(options);
  const replicas = new Replicas({ link, given, onError: (error) => report(error) });
  const republishing = new Republishing({ link, onError: (error) => report(error) });
  const storage = { kind, replicas, republishing };
  const rounds = new CheckRounds();
  const received = new ReceivedBytes();
  const batches = new HeldBytes();
  const deletions = new OthersDeletions();
  const budget = new ReadBudget(maxReadBytes);
  const lives = new NatsLives(link, prefix, storage);
  const turns = new OpenTurns(timeout, MAX_OPENING);
  const opened = new Set<NatsChannelLog>();
  const closedChannels = new ClosedChannels<KnownEntry | undefined>();
  /** The logs that receive no entries, although NATS works. */
  const deaf = new Set<NatsChannelLog>();
  let isClosed = false;
  /** Those of the channel opened last. An outage concerns all channels, and is reported once. */
  let report: (error: unknown) => void = () => undefined;
  let recovered: (outage: string) => void = () => undefined;
  link.onLost((error) => report(error));

  function onTail(log: NatsChannelLog): void {
    if (log.failure !== undefined) deaf.add(log);
    else if (deaf.delete(log) && deaf.size === 0) recovered(TAIL_OUTAGE);
  }

  async function open(
    channel: string,
    { retain, onError = report, onRecovered = recovered }: OpenOptions,
  ): Promise<ChannelLog> {
    report = onError;
    recovered = onRecovered;
    await within(link.open(), timeout, () => timeoutError(link, timeout, "accept a connection"));
    const names = await namesOf(prefix, channel);
    return turns.run(
      () => openNamed(channel, names, retain, onError),
      () => timeoutError(link, timeout, "open a channel"),
    );
  }

  async function openNamed(
    channel: string,
    names: ChannelNames,
    retain: Retention,
    onError: (error: unknown) => void,
  ): Promise<ChannelLog> {
    if (isClosed) throw closedError();
    const stream = new NatsStream({ link, names, storage, retain, timeout });
    const onClose = (log: NatsChannelLog) => {
      opened.delete(log);
      deaf.delete(log);
      if (!isClosed) log.rememberIn(closedChannels, channel);
    };
    const log = new NatsChannelLog({
      link,
      lives,
      deletions,
      stream,
      names,
      retain,
      budget,
      rounds,
      received,
      batches,
      republishing,
      before: closedChannels.recall(channel),
      timeout,
      onClose,
      onError,
      onTail,
    });
    opened.add(log);
    try {
      await log.open();
      closedChannels.forget(channel);
      return log;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  return {
    shared: true,
    maxReadBytes,
    open,
    toJSON() {
      // A connection has state: what it is made from counts.
      const { connection } = options as { readonly connection?: { readonly options?: unknown } };
      return { ...options, connection: connection?.options };
    },
    async close() {
      isClosed = true;
      for (const log of opened) await log.close();
      await link.close();
    },
  };
}

interface CheckedOptions {
  readonly link: NatsLink;
  readonly prefix: string;
  readonly timeout: number;
  readonly kind: StreamStorage["kind"];
  readonly replicas: number | undefined;
  readonly maxReadBytes: number;
}

function checkOptions(options: NatsLogOptions): CheckedOptions {
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
