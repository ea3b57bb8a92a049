import type { AsyncClosable } from "./base/async-closable.ts";
import { checkBoolean, checkNames, invalidOption } from "./base/checks/check-option.ts";
import { outside } from "./base/context/async-context.ts";
import { callGuarded, ignore } from "./base/errors/guard.ts";
import { SluiceError } from "./base/errors/sluice-error.ts";
import { OnDemand } from "./base/loading/on-demand.ts";
import { Channel } from "./channel/channel.ts";
import type { ChannelDefinition } from "./channel/channel-definition.ts";
import { type ChannelOptions, checkChannelOptions } from "./channel/channel-options.ts";
import type { ChannelSetup } from "./channel/channel-setup.ts";
import { type Combination, combine } from "./channel/combine/combination.ts";
import type { CombinedTypes, CombineOptions } from "./channel/combine/combine-options.ts";
import type { Combining } from "./channel/combine/combining.ts";
import type { CombinedEvent, CombinedParts } from "./channel/combine/event/combined-event.ts";
import type { AnyEvents, EventMap } from "./channel/event/kept-event.ts";
import type { Serializer } from "./channel/event/serializer.ts";
import { type KnownChannels, tooManyChannels } from "./channel/known/known-channels.ts";
import { NOBODY } from "./channel/local-presence.ts";
import type { Cluster } from "./cluster/cluster.ts";
import type { Presence } from "./cluster/presence.ts";
import { Jobs } from "./jobs/jobs.ts";
import { checkJobsOptions, type JobsOptions } from "./jobs/jobs-options.ts";
import type { LocalJobs } from "./jobs/local-jobs.ts";
import { checkName, knownOrMade } from "./known-or-made.ts";
import { checkSluiceOptions, type SluiceOptions, type SluiceSettings } from "./sluice-options.ts";
import type { SluiceParts } from "./sluice-parts.ts";
import { type SluiceHealth, type SluiceStats, type StatsOptions, sluiceHealth, sluiceStats } from "./sluice-stats.ts";
import type { CloseReason } from "./stream/close-reason.ts";
import type { Connection } from "./stream/connection.ts";
import type { ConnectionSelector, NamedSelector } from "./stream/connection-selector.ts";
import { disconnectStreams } from "./stream/ending/disconnect.ts";
import { drainStreams } from "./stream/ending/drain.ts";
import type { DrainOptions } from "./stream/ending/drain-options.ts";
import type { StreamOptions } from "./stream/opening/stream-options.ts";
import type { ErrorContext } from "./stream/report.ts";
import type { Source } from "./stream/source/source.ts";
import { StreamHub } from "./stream/stream-hub.ts";
import type { NodeRequest, NodeResponse } from "./transports/node/node-request.ts";
import { Transports } from "./transports/transports.ts";

/** The event streams, channels and jobs of this process. Create one per process, with {@link createSluice}. */
export class Sluice implements AsyncClosable {
  readonly #settings: SluiceSettings;
  readonly #hub: StreamHub;
  readonly #channels = new Map<string, Channel>();
  readonly #known: KnownChannels;
  readonly #jobs = new Map<string, Jobs>();
  readonly #transports: Transports;
  /** The nodes that share the log. Joined at the first use of a shared log. */
  readonly #cluster: OnDemand<Cluster> = new OnDemand(async () =>
    (await import("./join-nodes.ts")).joinNodes(this.parts, (...channel) => this.#makeChannel(...channel)),
  );
  readonly #combining: OnDemand<Combining> = new OnDemand(
    async () => new (await import("./channel/combine/combining.ts")).Combining(this.#hub),
  );
  #hasJoined = false;
  #closed = false;
  #closing: Promise<void> | undefined;

  /** @internal Use {@link createSluice}. */
  constructor(options: SluiceOptions) {
    this.#settings = checkSluiceOptions(options);
    this.#known = { channels: this.#channels, settings: this.#settings };
    this.#hub = new StreamHub(this.#settings, (error, context) => this.#report(error, context));
    this.#transports = new Transports(this.#hub);
    if (this.#settings.drainOn.length > 0) outside(() => this.#listen());
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
    this.#join();
    return this.#transports.stream(request, response, source as Source, options);
  }

  /**
   * Answers a request of the Fetch API with an event stream: Hono, Next.js, Bun, Deno, workers. Resolves to the
   * response, whose body is the stream. The option `onClose` receives the reason for which the stream ended. Rejects
   * with `INVALID_OPTION`, and with the errors for which the option `throws` asks. Releases the source as `stream`
   * does.
   */
  response(request: Request, source: Source<Request>, options: StreamOptions = NO_OPTIONS): Promise<Response> {
    this.#join();
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
    // A name has neither.
    const { name = given as string, options = givenOptions }: Partial<ChannelDefinition> = Object(given);
    const make = (): Channel => {
      if (name.startsWith(RESERVED_PREFIX))
        throw invalidOption("channel name", `a name that does not begin with "${RESERVED_PREFIX}"`, name);
      if (this.#channels.size >= this.#settings.maxChannels) {
        // If no channel was ever used, nothing looks for idle ones yet.
        void this.#channels.values().next().value?.keeper();
        throw tooManyChannels(name);
      }
      return this.#makeChannel(name, options ?? {}, { onOpen: () => this.#join(), known: this.#known });
    };
    this.#known.keeper?.recall(name);
    const { flushInterval, gapEvent } = this.#settings;
    const settings = options && checkChannelOptions(options, flushInterval, gapEvent);
    const { followsReloads } = this.#hub;
    return knownOrMade({ known: this.#channels, kind: "channel", name, settings, make, followsReloads });
  }

  /**
   * Returns the jobs of this name: long-running work whose progress users follow. The first call makes them. A further
   * call may pass equal options, or none. Throws `INVALID_OPTION` and `CLOSED`.
   */
  jobs<Progress = unknown, Result = unknown>(name: string, options?: JobsOptions): Jobs<Progress, Result> {
    this.#mustBeOpen();
    const limits = checkJobsOptions(options ?? {});
    const openChannel = (): Channel => this.channel(`jobs:${name}`, options && { retain: options.retain ?? {} });
    const make = (): Jobs => {
      const channel = openChannel();
      channel.isFixed = true;
      const setup = { hub: this.#hub, channel, name, limits };
      if (!this.#settings.log.shared) return new Jobs(setup);
      const share = async (local: LocalJobs) => {
        const [{ shareJobs }, nodes] = await Promise.all([import("./jobs/shared-jobs.ts"), this.#cluster.get()]);
        return shareJobs(this.#hub, { channel, nodes, local, limits });
      };
      const jobs = new Jobs({ ...setup, share });
      if (this.#hasJoined) jobs.load();
      return jobs;
    };
    const { followsReloads } = this.#hub;
    const settings = options && limits;
    const jobs = knownOrMade({ known: this.#jobs, kind: "jobs", name, settings, make, followsReloads });
    // If the jobs were known, this compares the option `retain`.
    openChannel();
    return jobs as unknown as Jobs<Progress, Result>;
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
    return combine(parts, options, this.#combining);
  }

  /** @internal */
  get parts(): SluiceParts {
    return { settings: this.#settings, hub: this.#hub, channels: this.#channels, jobs: this.#jobs };
  }

  /** Returns all open streams of this process, in the order in which they were opened. */
  connections(): Connection[] {
    return [...this.#hub.streams].map((stream) => stream.describe());
  }

  /**
   * Counts the subscribers of a channel on all nodes that share the log, in total and by topic. The counts of this node
   * are current; those of other nodes are some seconds old. The subscribers of a node no longer count when no beat of
   * that node has arrived for its `nodeTimeout`.
   */
  presence(channel: string): Presence {
    checkName("channel", channel);
    this.#join();
    const own = this.#channels.get(channel)?.presence() ?? NOBODY;
    return this.#cluster.value?.presence(channel, own) ?? { ...own, nodes: 1 };
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
    return cluster ? this.#disconnectEverywhere(selector as NamedSelector) : disconnectStreams(this.#hub, selector);
  }

  /**
   * Returns the figures of this process: streams, events, bytes, and those of some channels. The others are added up.
   * Throws `INVALID_OPTION`.
   */
  stats(options: StatsOptions = {}): SluiceStats {
    return sluiceStats(this.#hub, this.#channels, options);
  }

  /** Returns the health that a load balancer should see: `ok`, `draining` or `closed`. */
  health(): SluiceHealth {
    return sluiceHealth(this.#hub, this.#closed);
  }

  /**
   * Ends all streams in an orderly way before a shutdown. New streams are refused: see the option `refuseAsStream`.
   * Open streams end one after another, and each receives a reconnection time first; streams of jobs may finish. Closes
   * the `server` of the options. Resolves when all streams are gone, and the server is closed. Throws `INVALID_OPTION`.
   */
  drain(options: DrainOptions = {}): Promise<void> {
    // On a shared log, followers on other nodes may wait for the jobs of this node. This node cannot see them.
    const isBusy = () => this.#settings.log.shared && [...this.#jobs.values()].some((jobs) => jobs.isBusy);
    return drainStreams(this.#hub, options, isBusy, this.#settings.drain);
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
    import("./process/drain-on-signals.ts")
      .then(({ drainOnSignals }) => this.#closed || drainOnSignals(this.#settings.drainOn, this, this.#hub.cleanups))
      .catch((error) => this.#hub.report(error, { stage: "load" }));
  }

  #makeChannel<Events extends EventMap>(
    name: string,
    options: ChannelOptions<Events>,
    more?: Pick<ChannelSetup<Events>, "onOpen" | "known">,
  ): Channel<Events> {
    const { log, gapEvent, flushInterval } = this.#settings;
    return new Channel<Events>({ hub: this.#hub, log, name, gapEvent, flushInterval, options, ...more });
  }

  /**
   * Joins the cluster and begins to read the jobs of other nodes, if the log is shared and this Sluice is open. Called
   * at each first use, since a process that only imports a module must not connect to anything.
   */
  #join(): void {
    if (this.#hasJoined || !this.#settings.log.shared || this.#closed) return;
    this.#hasJoined = true;
    Promise.resolve(this.#cluster.get()).catch((error) => {
      this.#hasJoined = false;
      this.#hub.report(error, { stage: "cluster" });
    });
    for (const jobs of this.#jobs.values()) jobs.load();
  }

  async #disconnectEverywhere(selector: NamedSelector): Promise<number> {
    if (typeof selector === "function") throw invalidOption("selector", "an object, if `cluster` is true", selector);
    const at = performance.now();
    const ended = disconnectStreams(this.#hub, selector);
    if (this.#settings.log.shared) {
      const cluster = await (this.#closed ? this.#cluster.settled() : this.#cluster.get());
      await cluster?.disconnect(selector, at);
    }
    return ended;
  }

  async #close(): Promise<void> {
    this.#closed = true;
    this.#hub.refuseNew();
    await Promise.all([...this.#jobs.values()].map((jobs) => jobs.close()));
    await drainStreams(this.#hub, { timeout: 0 }, () => false);
    for (const cleanUp of this.#hub.cleanups.values()) cleanUp();
    await (await this.#cluster.settled())?.close();
    this.#known.keeper?.stop();
    for (const channel of this.#channels.values()) await channel.shutDown();
    await this.#settings.log.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new SluiceError("CLOSED", "This Sluice is closed. Create a new one with createSluice().");
  }

  #report(error: unknown, context: ErrorContext): void {
    // A failure of `onError` itself has no receiver.
    callGuarded(this.#settings.onError, ignore, error, context);
  }
}

/** Creates a Sluice. Throws `INVALID_OPTION`. */
export function createSluice(options: SluiceOptions = {}): Sluice {
  return new Sluice(options);
}

const NO_OPTIONS = {};

/** Begins the names of the channels by which nodes talk to each other. */
const RESERVED_PREFIX = "sluice:";
