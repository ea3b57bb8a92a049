import { within } from "../../base/time/timers.ts";
import type { ChannelLog, Log, OpenOptions, Retention } from "../log.ts";
import { HeldBytes } from "../shared/bounds/held-bytes.ts";
import { OpenTurns } from "../shared/bounds/open-turns.ts";
import { ReadBudget } from "../shared/bounds/read-budget.ts";
import { closedError } from "../shared/failures/closed-error.ts";
import { TAIL_OUTAGE } from "../shared/failures/out-of-reach.ts";
import { ClosedChannels } from "../shared/view/closed-channels.ts";
import { type ChannelNames, namesOf } from "./channel-names.ts";
import { timeoutError } from "./connection/timeout-error.ts";
import { CheckRounds } from "./life/check-rounds.ts";
import { OthersDeletions } from "./life/delete-channel.ts";
import type { KnownEntry } from "./life/known-entry.ts";
import { NatsLives } from "./life/nats-lives.ts";
import { NatsChannelLog } from "./nats-channel-log.ts";
import { checkOptions, type NatsLogOptions } from "./nats-log-options.ts";
import { NatsStream } from "./stream/nats-stream.ts";
import { Replicas } from "./stream/replicas.ts";
import { Republishing } from "./stream/republishing.ts";
import { ReceivedBytes } from "./tail/received-bytes.ts";

export type { NatsConnection } from "./connection/nats-link.ts";
export type { NatsLogOptions } from "./nats-log-options.ts";

/**
 * Channels that are opened at a time. A server creates one stream after another, and is quickest if it always has the
 * next request.
 */
const MAX_OPENING = 32;

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
