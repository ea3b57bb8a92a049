import { afterTurn } from "../base/timers.ts";
import type { EventStream } from "./event-stream.ts";
import type { StreamHub } from "./stream-hub.ts";

/** A sweep comes this often within the shortest time it watches for, and so is late by that part at the most. */
const SWEEPS_PER_INTERVAL = 8;
const MIN_SWEEP_MS = 5;
const MAX_SWEEP_MS = 1_000;
/** Streams looked at in one event-loop turn, since each of them may need a heartbeat, which is a write. */
const STREAMS_PER_TURN = 1_000;

/**
 * One timer for all streams: heartbeats for those that were idle, an end for those that stalled or whose time is over.
 * It runs only while there are streams.
 */
export class Sweep {
  readonly #hub: StreamHub;
  readonly #mostEvery: number;
  #every: number;
  #sweeping = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(hub: StreamHub) {
    this.#hub = hub;
    const { heartbeat, stallTimeout, maxLifetime } = hub.settings;
    this.#mostEvery = Math.min(...[heartbeat, stallTimeout, maxLifetime].map(interval));
    this.#every = this.#mostEvery;
  }

  /** Sees to it that a new stream is looked at often enough. */
  watch(stream: EventStream): void {
    const needed = interval(stream.heartbeat);
    if (needed < this.#every) {
      this.#every = needed;
      this.#stop();
    }
    this.#start();
    this.#watchDeadline(stream);
  }

  #start(): void {
    if (this.#timer !== undefined || this.#sweeping) return;
    this.#timer = setTimeout(() => this.#sweep(), this.#every);
    (this.#timer as { unref?(): void }).unref?.();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #sweep(): void {
    const { streams, ending } = this.#hub;
    this.#timer = undefined;
    this.#sweeping = true;
    this.#hub.renewClock();
    for (const stream of ending) this.#watchEnd(stream);
    this.#sweepSome(streams.values());
  }

  #sweepSome(streams: Iterator<EventStream>): void {
    this.#hub.renewClock();
    for (let i = 0; i < STREAMS_PER_TURN; i++) {
      const next = streams.next();
      if (next.done === true) {
        this.#sweeping = false;
        if (this.#hub.streams.size === 0) this.#every = this.#mostEvery;
        if (this.#hub.streams.size + this.#hub.ending.size > 0) this.#start();
        return;
      }
      this.#look(next.value);
    }
    afterTurn(() => this.#sweepSome(streams));
  }

  #look(stream: EventStream): void {
    const now = this.#hub.now;
    this.#watchDeadline(stream);
    if (stream.reason !== undefined) return;
    if (stream.sink.left === true) return stream.close("client");
    if (this.#isStalled(stream)) return stream.close("stalled");
    if (stream.writable && now - stream.writtenAt >= stream.heartbeat) {
      this.#hub.heartbeats++;
      stream.write(stream.feed.heartbeat());
    }
  }

  /** A deadline before the next sweep gets a timer of its own, so that it is kept to the millisecond. */
  #watchDeadline(stream: EventStream): void {
    const { deadline } = stream;
    if (deadline === undefined) return;
    const left = deadline - performance.now();
    if (left > this.#every * 2) return;
    if (left <= 0) return stream.close(stream.deadlineReason);
    if (stream.deadlineTimer === undefined) {
      const timer = setTimeout(() => stream.close(stream.deadlineReason), left);
      (timer as { unref?(): void }).unref?.();
      stream.deadlineTimer = timer;
    }
  }

  /** Whether it has had bytes waiting all through `stallTimeout` and took none of them. */
  #isStalled(stream: EventStream): boolean {
    const { pending, progress } = stream.sink;
    if (pending === 0 || progress !== stream.progress) {
      stream.progress = progress;
      stream.progressAt = this.#hub.now;
      return false;
    }
    return this.#hub.now - stream.progressAt >= this.#hub.settings.stallTimeout;
  }

  /** A stream that has ended must not keep its connection for a reader that takes nothing. */
  #watchEnd(stream: EventStream): void {
    if (this.#isStalled(stream)) stream.sink.destroy();
  }
}

/** How often to look for something that takes this long. */
function interval(time: number): number {
  return Math.min(MAX_SWEEP_MS, Math.max(MIN_SWEEP_MS, time / SWEEPS_PER_INTERVAL));
}
