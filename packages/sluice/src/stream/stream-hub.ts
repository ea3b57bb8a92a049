import type { OnRefuse, RefuseAsStream, Throws } from "./answer/refusal.ts";
import { CLOSE_REASONS, type CloseReason } from "./close-reason.ts";
import type { DrainableServer, DrainSettings } from "./ending/drain-options.ts";
import type { EndSignals } from "./ending/end-signals.ts";
import type { EventStream, StreamOwner } from "./event-stream.ts";
import type { PendingStream } from "./pending-stream.ts";
import type { ErrorContext, Report } from "./report.ts";

/** Limits and times that hold for all streams; validated, with the defaults filled in. */
export interface StreamSettings {
  readonly heartbeat: number;
  readonly retry: number;
  readonly highWaterMark: number;
  readonly stallTimeout: number;
  readonly compress: boolean;
  readonly maxConnections: number;
  readonly maxConnectionsPerKey: number;
  readonly connectionKey: ((request: never) => string | undefined) | undefined;
  readonly maxLifetime: number;
  readonly onRefuse: OnRefuse | undefined;
  readonly refuseAsStream: RefuseAsStream;
  readonly throws: Throws | undefined;
}

/** The outages of the log: see `channel/log-outages.ts`. */
export interface Outages {
  /** Number of failures so far. */
  readonly failures: number;
  /** Returns true if the error belongs to an outage, which is reported by `report` or already was. */
  take(error: unknown, context: ErrorContext, report: Report): boolean;
  /** Records that an operation of a channel succeeded. `failures` is their number when the operation began. */
  succeeded(channel: string, failures: number): void;
  /** Records that the log works again, as far as an outage concerned it. */
  recovered(outage: string): void;
}

/** The pages and steps that all channels keep: see `channel/read/lagging/read-cache.ts`. */
export interface SharedReads {
  readonly pageBytes: number;
  add(item: object, bytes: number, drop: () => void): void;
  use(item: object): void;
  delete(item: object): void;
  beginReading(reader: object): void;
  endReading(reader: object): void;
}

/** Ends all streams: see `end-in-order.ts`. */
type EndInOrder = (hub: StreamHub, options: DrainSettings, isBusy: () => boolean) => Promise<void>;

/** Connections that outlast a stream: the sessions of HTTP/2, and all connections of a server. */
export interface SharedConnections {
  /** Closes each of them when its open requests have finished. Clients send further requests on new connections. */
  close(): void;
  /**
   * Closes those that are left too. Resolves when all are closed. Cuts those that are open after `ms` milliseconds; 0:
   * resolves at once. Cuts those whose client does not react.
   */
  finish(ms: number): Promise<void>;
}

/** All streams of a Sluice, and their counters. */
export class StreamHub implements StreamOwner {
  readonly settings: StreamSettings;
  /** Reports a failure, unless it belongs to an outage of the log that was reported. */
  readonly report: Report;
  /** Set when the first channel is opened. */
  outages: Outages | undefined;
  reads: SharedReads | undefined;
  /** Names of channels whose subscribers have changed since the last beat of this node. Set if the log is shared. */
  changedChannels: Set<string> | undefined;
  /** Set with the first stream, because only streams need them. */
  sweep: { watch(stream: EventStream): void } | undefined;
  endSignals: EndSignals | undefined;
  endInOrder: EndInOrder | undefined;
  /** The sessions of HTTP/2 on which streams were requested, and the servers that a drain closes. */
  readonly connections: Map<unknown, SharedConnections> = new Map();
  /** Adds a server to the connections that a drain closes. */
  watchServer!: (server: DrainableServer) => Promise<void>;
  /**
   * True if a channel or jobs follow a further definition with other options, as after a hot reload. False if such a
   * definition is ignored, `undefined` if it is an error.
   */
  followsReloads: boolean | undefined;
  /** Resolves when the logs of channels may be opened. Set if another Sluice had them open. */
  logsFree: Promise<void> | undefined;
  /** Called when the Sluice closes, each under the object that it stops to watch. */
  readonly cleanups: Map<object, () => void> = new Map();
  /** Requests that were admitted and whose source is still being opened. */
  readonly opening: Set<PendingStream> = new Set();
  /** Requests that wait until the code that opens streams is loaded. They are not admitted yet. */
  readonly loading: Set<PendingStream> = new Set();
  /** Totals since the Sluice was made. */
  readonly counts = { opened: 0, published: 0, delivered: 0, heartbeats: 0, gaps: 0 };
  readonly #streams = new Set<EventStream>();
  readonly #ending = new Set<EventStream>();
  readonly #perKey = new Map<string, number>();
  // Made at the first use: the global scope of a Cloudflare Worker has no randomness, and its clocks stand still.
  #name: string | undefined;
  #startedAt: number | undefined;
  #draining = false;
  #refusing = false;
  /** In whole ms: each stream keeps such times, and fractions would be objects. */
  #now = 0;
  #lastNumber = 0;
  #bytesOfClosed = 0;
  readonly #closedByReason: Record<CloseReason, number>;

  constructor(settings: StreamSettings, report: Report) {
    this.settings = settings;
    this.report = (error, context) => void (this.outages?.take(error, context, report) || report(error, context));
    this.#closedByReason = Object.fromEntries(CLOSE_REASONS.map((reason) => [reason, 0])) as Record<
      CloseReason,
      number
    >;
  }

  get name(): string {
    return (this.#name ??= crypto.randomUUID().slice(0, 8));
  }

  get startedAt(): number {
    return (this.#startedAt ??= Date.now());
  }

  /** Open streams, in the order in which they were opened. */
  get streams(): ReadonlySet<EventStream> {
    return this.#streams;
  }

  /** Streams that have ended and whose last bytes are still in flight. */
  get ending(): ReadonlySet<EventStream> {
    return this.#ending;
  }

  /** Number of streams and requests that are not finished. */
  get unfinished(): number {
    return this.#streams.size + this.opening.size + this.#ending.size + this.loading.size;
  }

  /** True if `maxConnections` are open. */
  get isFull(): boolean {
    return this.#streams.size + this.opening.size >= this.settings.maxConnections;
  }

  /** Bytes to write at once: half a high-water mark, so that a socket holds at most one and a half marks. */
  get pieceLimit(): number {
    return this.settings.highWaterMark / 2;
  }

  // The clock

  get now(): number {
    return this.#now;
  }

  /** Sets the clock. Each sweep and each flush calls it. */
  renewClock(): void {
    this.#now = Math.floor(performance.now());
  }

  // Streams

  nextNumber(): number {
    return ++this.#lastNumber;
  }

  /** Counts a stream under a key. Returns false, and counts nothing, if the key has `maxConnectionsPerKey` already. */
  enter(key: string): boolean {
    const count = this.#perKey.get(key) ?? 0;
    if (count >= this.settings.maxConnectionsPerKey) return false;
    this.#perKey.set(key, count + 1);
    return true;
  }

  /** Stops counting a stream under a key. */
  leave(key: string | undefined): void {
    if (key === undefined) return;
    const left = (this.#perKey.get(key) ?? 1) - 1;
    if (left === 0) this.#perKey.delete(key);
    else this.#perKey.set(key, left);
  }

  add(stream: EventStream): void {
    this.#streams.add(stream);
    this.counts.opened++;
  }

  ended(stream: EventStream): void {
    if (!this.#streams.delete(stream)) return;
    this.#closedByReason[stream.reason as CloseReason]++;
    this.#bytesOfClosed += stream.sink.written;
    this.leave(stream.key);
    if (!stream.isGone) this.#ending.add(stream);
  }

  gone(stream: EventStream): void {
    this.#ending.delete(stream);
  }

  // Draining

  /** True once a drain has begun: `health()` then reports `draining`. */
  get draining(): boolean {
    return this.#draining;
  }

  /** True once new streams get 503: the server is about to stop. */
  get refusing(): boolean {
    return this.#refusing;
  }

  beginDrain(): void {
    this.#draining = true;
  }

  refuseNew(): void {
    this.#draining = true;
    this.#refusing = true;
    // Before any stream ends: a client must not reconnect on the same connection.
    for (const connections of this.connections.values()) connections.close();
  }

  // Counters

  /** Counts a request that got no stream. */
  countRefused(reason: "refused" | "disconnected"): void {
    this.#closedByReason[reason]++;
  }

  get closedByReason(): Readonly<Record<CloseReason, number>> {
    return this.#closedByReason;
  }

  /**
   * Returns the bytes handed to transports, including their framing. Visits every open stream, so it is not for hot
   * paths.
   */
  bytes(): number {
    let bytes = this.#bytesOfClosed;
    for (const stream of this.#streams) bytes += stream.sink.written;
    return bytes;
  }
}
