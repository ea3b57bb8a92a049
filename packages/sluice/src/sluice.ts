import type { AsyncClosable } from "./base/async-closable.ts";
import { checkBoolean, checkNames } from "./base/checks/check-option.ts";
import { outside } from "./base/context/async-context.ts";
import { SluiceError } from "./base/errors/sluice-error.ts";
import type { Channel } from "./channel/channel.ts";
import type { ChannelDefinition } from "./channel/channel-definition.ts";
import type { ChannelOptions } from "./channel/channel-options.ts";
import { type Combination, combine } from "./channel/combine/combination.ts";
import type { CombinedTypes, CombineOptions } from "./channel/combine/combine-options.ts";
import type { CombinedEvent, CombinedParts } from "./channel/combine/event/combined-event.ts";
import type { AnyEvents, EventMap } from "./channel/event/kept-event.ts";
import type { Serializer } from "./channel/event/serializer.ts";
import type { Presence } from "./cluster/presence.ts";
import type { Jobs } from "./jobs/jobs.ts";
import type { JobsOptions } from "./jobs/jobs-options.ts";
import { channelOf } from "./sluice/channel-of.ts";
import { jobsOf } from "./sluice/jobs-of.ts";
import { checkName } from "./sluice/known-or-made.ts";
import { makeParts } from "./sluice/make-parts.ts";
import { disconnectEverywhere, join, presenceOf } from "./sluice/nodes.ts";
import type { SluiceOptions } from "./sluice/sluice-options.ts";
import type { SluiceParts } from "./sluice/sluice-parts.ts";
import {
  type SluiceHealth,
  type SluiceStats,
  type StatsOptions,
  sluiceHealth,
  sluiceStats,
} from "./sluice/sluice-stats.ts";
import type { CloseReason } from "./stream/close-reason.ts";
import type { Connection } from "./stream/connection.ts";
import type { ConnectionSelector, NamedSelector } from "./stream/connection-selector.ts";
import { disconnectStreams } from "./stream/ending/disconnect.ts";
import { drainStreams } from "./stream/ending/drain.ts";
import type { DrainOptions } from "./stream/ending/drain-options.ts";
import type { StreamOptions } from "./stream/opening/stream-options.ts";
import type { Source } from "./stream/source/source.ts";
import type { NodeRequest, NodeResponse } from "./transports/node/node-request.ts";
import { Transports } from "./transports/transports.ts";

/** The event streams, channels and jobs of this process. Create one per process, with {@link createSluice}. */
export class Sluice implements AsyncClosable {
  readonly #parts: SluiceParts;
  readonly #transports: Transports;
  #closing: Promise<void> | undefined;

  /** @internal Use {@link createSluice}. */
  constructor(options: SluiceOptions) {
    this.#parts = makeParts(options);
    const { hub, settings } = this.#parts;
    this.#transports = new Transports(hub);
    if (settings.drainOn.length > 0) outside(() => this.#listen());
  }

  /**
   * Answers a request of `node:http`, `node:http2`, Express or a similar framework with an event stream (WHATWG HTML,
   * section 9.2). Resolves to the reason for which the stream ended. The head and a first comment leave at once; for
   * the first stream of the process, they leave when the code of streams is loaded.
   *
   * Rejects with `INVALID_OPTION`, before anything is answered, and `onError` receives that error too. Any later
   * failure is answered, or ends the stream, and `onError` receives it. On Express, an error of the source function
   * goes to `next` instead; the option `throws` makes the promise reject with it. The promise need not be awaited: it
   * never ends the process. If other code has answered the request, resolves to `refused`, and reports
   * `ALREADY_ANSWERED`.
   *
   * However the stream ends, and also if it never begins, the source is released: `return()` of an iterable runs, and a
   * `Readable` or `ReadableStream` is destroyed.
   */
  stream<R extends NodeRequest>(
    request: R,
    response: NodeResponse,
    source: Source<R>,
    options: StreamOptions = NO_OPTIONS,
  ): Promise<CloseReason> {
    join(this.#parts);
    return this.#transports.stream(request, response, source as Source, options);
  }

  /**
   * Answers a request of the Fetch API with an event stream: Hono, Next.js, Bun, Deno, workers. Resolves to the
   * response, whose body is the stream. The option `onClose` receives the reason for which the stream ended. Rejects
   * with `INVALID_OPTION`, and with the errors for which the option `throws` asks. Releases the source as `stream`
   * does.
   */
  response(request: Request, source: Source<Request>, options: StreamOptions = NO_OPTIONS): Promise<Response> {
    join(this.#parts);
    return this.#transports.response(request, source as Source, options);
  }

  /**
   * Returns the channel of this name. The first call makes it. A further call may pass equal options, or none. The type
   * parameter maps the channel's event types to the types of their data. A definition (see `defineChannel`) has the
   * name, the options and the types. Use one channel for each kind of thing, and topics for single users or orders; a
   * channel for each document needs the option `idleTimeout`. Throws `INVALID_OPTION`, `CLOSED` and
   * `TOO_MANY_CHANNELS`.
   */
  channel<Events extends EventMap, Received extends EventMap>(
    definition: ChannelDefinition<Events, Received>,
  ): Channel<Events, Received>;
  channel<Events extends EventMap = AnyEvents>(
    name: string,
    options: ChannelOptions<Events, Events> & Serializer,
  ): Channel<Events, Events>;
  channel<Events extends EventMap = AnyEvents>(name: string, options?: ChannelOptions<Events>): Channel<Events>;
  channel(given: string | ChannelDefinition, givenOptions?: ChannelOptions): Channel {
    this.#mustBeOpen();
    return channelOf(this.#parts, given, givenOptions);
  }

  /**
   * Returns the jobs of this name: long-running work whose progress users follow. The first call makes them. A further
   * call may pass equal options, or none. Throws `INVALID_OPTION` and `CLOSED`.
   */
  jobs<Progress = unknown, Result = unknown>(name: string, options?: JobsOptions): Jobs<Progress, Result> {
    this.#mustBeOpen();
    return jobsOf(this.#parts, name, options) as unknown as Jobs<Progress, Result>;
  }

  /**
   * Combines subscriptions to several channels in one event stream. Events have the type `name.type`, with the name
   * that the object gives to their part, and an ID with the positions of all parts. The parts may be of other Sluices.
   * Throws `INVALID_OPTION`.
   */
  combine<Parts extends CombinedParts, Types extends CombinedTypes | undefined>(
    parts: Parts,
    options: CombineOptions & { readonly types?: Types } = NO_OPTIONS,
  ): Combination<CombinedEvent<Parts>, undefined extends Types ? "prefixed" : Exclude<Types, undefined>> {
    return combine(parts, options, this.#parts.combining);
  }

  /** @internal */
  get parts(): SluiceParts {
    return this.#parts;
  }

  /** Returns all open streams of this process, in the order in which they were opened. */
  connections(): Connection[] {
    return [...this.#parts.hub.streams].map((stream) => stream.describe());
  }

  /**
   * Counts the subscribers of a channel on all nodes that share the log, in total and by topic. The counts of this node
   * are current; the counts of other nodes are some seconds old. If no beat of a node has arrived for its
   * `nodeTimeout`, its subscribers no longer count.
   */
  presence(channel: string): Presence {
    checkName("channel", channel);
    join(this.#parts);
    return presenceOf(this.#parts, channel);
  }

  /**
   * Ends streams, and returns their number. Their subscribers reconnect: to keep them away, refuse their next request.
   * A request whose source is still being opened counts as a stream, even if its source function makes the call; it
   * gets 503. A selector that is a function returns `true` for each stream to end. If it throws, its first error is
   * thrown after the streams for which it returned `true` have ended.
   *
   * With `cluster: true`, ends streams on all nodes that share the log, and resolves to the number on this node when
   * the log has the request for the others. A node that is stopped or cannot reach the log ends its streams when it is
   * back, but no stream that was opened after this call. The log keeps 10,000 requests for 24 hours; a node that missed
   * more ends all its streams. If the log fails, rejects with `LOG_FAILED`, after the streams of this node have ended.
   * The selector must then be an object: a function cannot be sent to other nodes. Throws `INVALID_OPTION`, or rejects
   * with it.
   */
  disconnect(selector: ConnectionSelector, options?: { readonly cluster?: false }): number;
  disconnect(selector: NamedSelector, options: { readonly cluster: true }): Promise<number>;
  disconnect(selector: ConnectionSelector, options: { readonly cluster?: boolean } = {}): number | Promise<number> {
    checkNames("disconnect", options, ["cluster"]);
    const cluster = checkBoolean("cluster", options.cluster, false);
    return cluster
      ? disconnectEverywhere(this.#parts, selector as NamedSelector)
      : disconnectStreams(this.#parts.hub, selector);
  }

  /**
   * Returns the figures of this process: streams, events, bytes, and the figures of some channels. The figures of all
   * other channels are added up.
   * Throws `INVALID_OPTION`.
   */
  stats(options: StatsOptions = {}): SluiceStats {
    return sluiceStats(this.#parts, options);
  }

  /** Returns the health that a load balancer should see: `ok`, `draining` or `closed`. */
  health(): SluiceHealth {
    return sluiceHealth(this.#parts);
  }

  /**
   * Ends all streams in an orderly way before a shutdown. New streams are refused: see the option `refuseAsStream`.
   * Open streams end one after another, and each receives a reconnection time first; streams of jobs may finish. Closes
   * the `server` of the options. Resolves when all streams are gone, and the server is closed. Throws `INVALID_OPTION`.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    // On a shared log, followers on other nodes may wait for the jobs of this node. This node cannot see them.
    const { hub, jobs, settings } = this.#parts;
    const isBusy = () => settings.log.shared && [...jobs.values()].some((each) => each.isBusy);
    return drainStreams(hub, options, isBusy, settings.drain);
  }

  /** Cancels jobs, drains without delay, and closes the log. A second call returns the promise of the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #listen(): void {
    const { hub, settings } = this.#parts;
    import("./process/drain-on-signals.ts")
      .then(({ drainOnSignals }) => this.#parts.isClosed || drainOnSignals(settings.drainOn, this, hub.cleanups))
      .catch((error) => hub.report(error, { stage: "load" }));
  }

  async #close(): Promise<void> {
    const parts = this.#parts;
    const { hub, jobs, channels } = parts;
    parts.isClosed = true;
    hub.refuseNew();
    await Promise.all([...jobs.values()].map((each) => each.close()));
    await drainStreams(hub, { timeout: 0 }, () => false);
    for (const cleanUp of hub.cleanups.values()) cleanUp();
    await (await parts.cluster.settled())?.close();
    parts.keeper?.stop();
    for (const channel of channels.values()) await channel.shutDown();
    await parts.settings.log.close();
  }

  #mustBeOpen(): void {
    if (this.#parts.isClosed)
      throw new SluiceError("CLOSED", "This Sluice is closed. Create a new one with createSluice().");
  }
}

/** Creates a Sluice. Throws `INVALID_OPTION`. */
export function createSluice(options: SluiceOptions = {}): Sluice {
  return new Sluice(options);
}

const NO_OPTIONS = {};
