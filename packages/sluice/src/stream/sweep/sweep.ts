import { outside } from "../../base/context/async-context.ts";
import { afterTurn, quietTimeout, type Timer } from "../../base/time/timers.ts";
import type { CloseReason } from "../close-reason.ts";

/** A stream as the sweep sees it. */
interface SweptStream {
  readonly ended: boolean;
  readonly writable: boolean;
  readonly writtenAt: number;
  readonly heartbeat: number;
  readonly deadline: number | undefined;
  readonly deadlineReason: CloseReason;
  readonly expiry: number | undefined;
  readonly sink: { readonly left?: boolean; destroy(): void };
  isStalled(timeout: number, since: number): boolean;
  beat(): void;
  checkDeadlineIn(ms: number, check: () => void): void;
  close(reason: CloseReason): void;
}

/** The streams to sweep, and their clock. */
export interface SweepOwner {
  readonly settings: { readonly heartbeat: number; readonly stallTimeout: number; readonly maxLifetime: number };
  /** Open streams. */
  readonly streams: ReadonlySet<SweptStream>;
  /** Streams that have ended and whose last bytes are still in flight. */
  readonly ending: ReadonlySet<SweptStream>;
  readonly now: number;
  readonly startedAt: number;
  renewClock(): void;
  readonly counts: { heartbeats: number };
}

/** Number of sweeps within the shortest interval that is watched. An action is late by at most an eighth of it. */
const SWEEPS_PER_INTERVAL = 8;
const MIN_SWEEP_MS = 5;
const MAX_SWEEP_MS = 1_000;
/**
 * If a sweep comes later than the one before by this part of `stallTimeout` or more, this process was paused: it was
 * stopped, its machine was moved, or its event loop was blocked. In time, sweeps are an eighth of it apart.
 */
const PAUSE_PART = 0.25;
const MIN_PAUSE_MS = 50;
/** Streams per event-loop turn. Each may need a heartbeat, which is a write. */
const STREAMS_PER_TURN = 1_000;

/**
 * One timer for all streams. It sends heartbeats to idle streams, and ends streams that stalled or reached their
 * deadline. It runs only while there are streams.
 */
export class Sweep {
  readonly #owner: SweepOwner;
  readonly #longest: number;
  #interval: number;
  #sweeping = false;
  #timer: Timer | undefined;
  /** When this process last looked after the streams, and the end of its last pause; on the owner's clock. */
  #sweptAt = 0;
  #resumedAt = 0;

  constructor(owner: SweepOwner) {
    this.#owner = owner;
    const { heartbeat, stallTimeout, maxLifetime } = owner.settings;
    this.#longest = Math.min(...[heartbeat, stallTimeout, maxLifetime].map(sweepInterval));
    this.#interval = this.#longest;
  }

  /** Makes the sweep frequent enough for a new stream. */
  watch(stream: SweptStream): void {
    const needed = sweepInterval(stream.heartbeat);
    if (needed < this.#interval) {
      this.#interval = needed;
      this.#stop();
    }
    this.#start();
    this.#watchDeadline(stream);
  }

  #start(): void {
    if (this.#timer !== undefined || this.#sweeping) return;
    this.#sweptAt = performance.now();
    this.#timer = outside(() => quietTimeout(() => this.#sweep(), this.#interval));
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    const { streams, ending } = this.#owner;
    this.#timer = undefined;
    this.#sweeping = true;
    this.#renewClock();
    for (const stream of ending) this.#watchEnd(stream);
    this.#sweepSome(streams.values());
  }

  #sweepSome(streams: Iterator<SweptStream>): void {
    const owner = this.#owner;
    this.#renewClock();
    for (let i = 0; i < STREAMS_PER_TURN; i++) {
      const next = streams.next();
      if (next.done === true) {
        this.#sweeping = false;
        if (owner.streams.size === 0) this.#interval = this.#longest;
        if (owner.streams.size + owner.ending.size > 0) this.#start();
        return;
      }
      this.#look(next.value);
    }
    afterTurn(() => this.#sweepSome(streams));
  }

  /** Sets the owner's clock, and notices a pause: nobody took bytes from this process meanwhile. */
  #renewClock(): void {
    const owner = this.#owner;
    owner.renewClock();
    const pause = Math.max(MIN_PAUSE_MS, owner.settings.stallTimeout * PAUSE_PART);
    if (owner.now - this.#sweptAt >= pause) this.#resumedAt = owner.now;
    this.#sweptAt = owner.now;
  }

  #look(stream: SweptStream): void {
    this.#watchDeadline(stream);
    if (stream.ended) return;
    if (stream.sink.left === true) return stream.close("client");
    if (this.#isStalled(stream)) return stream.close("stalled");
    if (stream.writable && this.#owner.now - stream.writtenAt >= stream.heartbeat) {
      this.#owner.counts.heartbeats++;
      stream.beat();
    }
  }

  /** Gives a deadline before the next sweep a timer of its own, so that the stream ends to the millisecond. */
  #watchDeadline(stream: SweptStream): void {
    const { deadline, expiry } = stream;
    if (deadline === undefined) return;
    // The wall clock may be set, and the monotonic clock may stand still while the machine sleeps. The first counts.
    const untilExpiry = expiry === undefined ? Number.POSITIVE_INFINITY : expiry - (Date.now() - this.#owner.startedAt);
    const left = Math.min(untilExpiry, deadline - performance.now());
    if (left > this.#interval * 2) return;
    if (left <= 0) stream.close(untilExpiry <= 0 ? "expired" : stream.deadlineReason);
    // Checked again then: a clock may have been set in the meantime.
    else stream.checkDeadlineIn(left, () => this.#watchDeadline(stream));
  }

  /** Cuts the connection of an ended stream whose reader takes nothing. */
  #watchEnd(stream: SweptStream): void {
    if (this.#isStalled(stream)) stream.sink.destroy();
  }

  #isStalled(stream: SweptStream): boolean {
    return stream.isStalled(this.#owner.settings.stallTimeout, this.#resumedAt);
  }
}

/** Returns how often to sweep for something that takes `time` ms. */
function sweepInterval(time: number): number {
  return Math.min(MAX_SWEEP_MS, Math.max(MIN_SWEEP_MS, time / SWEEPS_PER_INTERVAL));
}
