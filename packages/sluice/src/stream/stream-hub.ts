import { CLOSE_REASONS, type CloseReason } from "./close-reason.ts";
import { EndSignals } from "./end-signals.ts";
import type { EventStream } from "./event-stream.ts";
import { Sweep } from "./sweep.ts";

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
}

/** Where a background failure came from. */
export interface ErrorContext {
  /** What was being done: `source`, `filter`, `initial`, `log`, `job`, `cluster`, `load`, `head`, `transport`, `on-close` … */
  readonly stage: string;
  readonly channel?: string;
  /** The ID of the stream concerned. */
  readonly stream?: string;
}

/** All open streams of a Sluice, and what is counted about them. */
export class StreamHub {
  /** Makes the IDs of streams unique among processes. */
  readonly name: string = crypto.randomUUID().slice(0, 8);
  readonly settings: StreamSettings;
  readonly report: (error: unknown, context: ErrorContext) => void;
  /** Open streams. */
  readonly streams: Set<EventStream> = new Set();
  /** Streams that have ended, and whose last bytes are still on their way. */
  readonly ending: Set<EventStream> = new Set();
  /** How many streams are open, or about to be, for each connection key. */
  readonly perKey: Map<string, number> = new Map();
  /** Requests that were admitted, and whose source is still being opened. */
  readonly opening: Set<{ giveUp(): void }> = new Set();
  /** Requests that wait until what opens streams is loaded. */
  loading = 0;
  readonly endSignals: EndSignals = new EndSignals();
  /** Health says that new streams had better go elsewhere. */
  leaving = false;
  /** New streams get 503. */
  draining = false;
  /** A monotonic clock in whole ms, as of the last sweep or flush: each stream keeps such times, and fractions would be objects. */
  now: number = Math.floor(performance.now());
  opened = 0;
  delivered = 0;
  heartbeats = 0;
  gaps = 0;
  readonly closedByReason: Record<CloseReason, number>;
  #bytesOfClosed = 0;
  #lastNumber = 0;
  readonly #sweep: Sweep;

  constructor(settings: StreamSettings, report: (error: unknown, context: ErrorContext) => void) {
    this.settings = settings;
    this.report = report;
    this.closedByReason = Object.fromEntries(CLOSE_REASONS.map((reason) => [reason, 0])) as Record<CloseReason, number>;
    this.#sweep = new Sweep(this);
  }

  nextNumber(): number {
    return ++this.#lastNumber;
  }

  /** Sets the clock. */
  renewClock(): void {
    this.now = Math.floor(performance.now());
  }

  add(stream: EventStream): void {
    this.streams.add(stream);
    this.opened++;
    this.#sweep.watch(stream);
  }

  /** A stream has ended; its transport may still have bytes to send. */
  closed(stream: EventStream): void {
    if (!this.streams.delete(stream)) return;
    this.closedByReason[stream.reason as CloseReason]++;
    this.#bytesOfClosed += stream.sink.written;
    this.release(stream.key);
    if (!stream.over) {
      stream.progressAt = this.now;
      this.ending.add(stream);
    }
  }

  /** The transport of a stream is done. */
  gone(stream: EventStream): void {
    this.ending.delete(stream);
  }

  release(key: string | undefined): void {
    if (key === undefined) return;
    const left = (this.perKey.get(key) ?? 1) - 1;
    if (left === 0) this.perKey.delete(key);
    else this.perKey.set(key, left);
  }

  /** Bytes handed to transports, as framed. Walks all open streams: for those who ask, not for every write. */
  bytes(): number {
    let bytes = this.#bytesOfClosed;
    for (const stream of this.streams) bytes += stream.sink.written;
    return bytes;
  }
}
