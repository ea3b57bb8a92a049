import { RequestMark } from "../../base/context/request-mark.ts";
import type { EventStream } from "../event-stream.ts";
import type { StreamHub } from "../stream-hub.ts";
import { Sweep, type SweepOwner } from "./sweep.ts";

/** If the streams of a request were not swept for this time, in ms, its timers are dead, and so is the request. */
const DEAD_MS = 10_000;

/**
 * The sweeps of workerd: one for each request, because its timers serve no other request. A Durable Object has one.
 *
 * If a client leaves, workerd may drop the request without a word, its timers included. A later stream then ends the
 * streams of that request.
 */
export class RequestSweeps {
  readonly #hub: StreamHub;
  readonly #requests = new Set<SweptRequest>();
  #newest: SweptRequest | undefined;
  #checkedAt = 0;

  constructor(hub: StreamHub) {
    this.#hub = hub;
  }

  watch(stream: EventStream): void {
    this.#endDead();
    if (this.#newest?.isHere !== true) this.#requests.add((this.#newest = new SweptRequest(this.#hub)));
    this.#newest.watch(stream);
  }

  #endDead(): void {
    const { now } = this.#hub;
    if (now - this.#checkedAt < DEAD_MS) return;
    this.#checkedAt = now;
    for (const request of this.#requests) {
      request.endIfDead();
      if (request.isOver) this.#requests.delete(request);
    }
  }
}

/** The streams of one request, or of a Durable Object. */
class SweptRequest implements SweepOwner {
  readonly streams = new Set<EventStream>();
  readonly ending = new Set<EventStream>();
  readonly #hub: StreamHub;
  readonly #mark = new RequestMark();
  readonly #sweep: Sweep;
  /** The ends that other requests asked for. */
  readonly #closes: (() => void)[] = [];
  #sweptAt: number;
  #isDead = false;

  constructor(hub: StreamHub) {
    this.#hub = hub;
    this.#sweep = new Sweep(this);
    this.#sweptAt = hub.now;
  }

  get settings(): StreamHub["settings"] {
    return this.#hub.settings;
  }

  get now(): number {
    return this.#hub.now;
  }

  get startedAt(): number {
    return this.#hub.startedAt;
  }

  get counts(): StreamHub["counts"] {
    return this.#hub.counts;
  }

  /** True in this request. */
  get isHere(): boolean {
    return this.#mark.isHere;
  }

  /** True if the transport has finished with all streams. */
  get isOver(): boolean {
    this.#sort();
    return this.streams.size + this.ending.size === 0;
  }

  watch(stream: EventStream): void {
    const close = stream.close.bind(stream);
    // Another request cannot end it: neither its signal nor its body. The next sweep does.
    stream.close = (reason, retry) => {
      if (this.#isDead || this.isHere) close(reason, retry);
      else this.#closes.push(() => close(reason, retry));
    };
    this.streams.add(stream);
    this.#sweptAt = this.now;
    this.#sweep.watch(stream);
  }

  /** Each sweep calls it. */
  renewClock(): void {
    this.#hub.renewClock();
    this.#sweptAt = this.now;
    for (const close of this.#closes.splice(0)) close();
    this.#sort();
  }

  /** Ends all streams if nothing sweeps them any more. */
  endIfDead(): void {
    if (this.now - this.#sweptAt < DEAD_MS) return;
    this.#isDead = true;
    for (const stream of [...this.streams, ...this.ending]) stream.gone();
  }

  /** Moves the streams that have ended. */
  #sort(): void {
    for (const stream of this.streams) {
      if (!stream.ended) continue;
      this.streams.delete(stream);
      this.ending.add(stream);
    }
    for (const stream of this.ending) if (stream.isGone) this.ending.delete(stream);
  }
}
