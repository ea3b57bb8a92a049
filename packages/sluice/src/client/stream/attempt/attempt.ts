import type { Timer } from "../../../base/timers.ts";
import { createParser, type ParsedEvent } from "../../../protocol/parser.ts";
import type { RequestOptions } from "../../connection/request.ts";
import type { Receiver } from "../deliver/delivery.ts";
import { loadRest } from "../load-rest.ts";
import type { AttemptEnd } from "./attempt-end.ts";
import type { Reader, Wait } from "./refusal.ts";
import { sendRequest } from "./send-request.ts";

/** Settings of an attempt. */
export interface AttemptSettings extends RequestOptions {
  /** Returns the absolute URL, also later. */
  readonly url: () => Promise<URL>;
  readonly connectTimeout: number;
  readonly silenceTimeout: number;
  readonly maxEventBytes: number;
}

/** The stream as its attempts see it. */
export interface AttemptOwner {
  /** Called when the answer is an event stream. */
  opened(): void;
  /** Called with the server's reconnection time, in ms. */
  retry(ms: number): void;
}

/** One attempt: a request, its answer, and the events of its body. It ends once, for one reason. */
export interface Attempt {
  /** Resolves to the end of the attempt; never rejects. */
  readonly ended: Promise<AttemptEnd>;
  /** Ends the attempt, its request and its body. The first reason given stands. No event is given after it. */
  stop(end: AttemptEnd): void;
}

/** Number of heartbeat intervals that may pass in silence. */
const SILENT_INTERVALS = 2;
/** Timers can be no longer: 24 days. */
const LONGEST_TIMER_MS = 2 ** 31;
const EVENT_STREAM = /^\s*text\/event-stream\s*(;|$)/i;

/** Starts an attempt, which resumes from the position of the events that were given. */
export function startAttempt(settings: AttemptSettings, delivery: Receiver, owner: AttemptOwner): Attempt {
  const controller = new AbortController();
  let end: AttemptEnd | undefined;
  let interrupt: (() => void) | undefined;
  let timer: Timer | undefined;
  let reader: Reader | undefined;

  function stop(reason: AttemptEnd): void {
    if (end) return;
    end = reason;
    clearTimeout(timer);
    interrupt?.();
    controller.abort();
    // Another `fetch` may ignore the signal.
    reader?.cancel().catch(() => {});
  }

  // Not `Promise.race` with one promise for the end: that promise would collect a reaction for each read.
  const wait: Wait = (promise) =>
    new Promise((resolve, reject) => {
      interrupt = () => reject(end);
      // Also after the end: nobody else handles the rejection of a request that was aborted.
      promise.then(resolve, reject);
      if (end) interrupt();
    });

  /** Waits for bytes. A silence of more than `ms` ends the attempt. */
  function waitForBytes<T>(promise: PromiseLike<T>, ms: number): Promise<T> {
    if (ms < LONGEST_TIMER_MS) timer = setTimeout(() => stop({ type: "silent", ms }), ms);
    return wait(promise).finally(() => clearTimeout(timer));
  }

  async function connect(): Promise<AttemptEnd> {
    const { given } = delivery;
    const sent = sendRequest(await wait(settings.url()), settings, given, controller.signal);
    const { status, headers, body } = await waitForBytes(sent, settings.connectTimeout);
    reader = body?.getReader();
    // `null` is tested as the text "null".
    // [spec] If res's status is not 200, or its Content-Type is not text/event-stream, then fail the connection.
    if (status === 200 && EVENT_STREAM.test(headers.get("content-type")!))
      return reader ? read(given, reader) : { type: "ended" };
    const { refusalOf } = await wait(loadRest());
    return refusalOf(status, headers, reader, wait);
  }

  async function read(lastEventId: string, chunks: Reader): Promise<AttemptEnd> {
    let limit = settings.silenceTimeout;
    let isFirst = true;
    let events: ParsedEvent[] = [];
    const parser = createParser({
      lastEventId,
      maxEventBytes: settings.maxEventBytes,
      onEvent: (event) => events.push(event),
      onRetry: owner.retry,
      onComment: (text) => {
        const interval = isFirst && /^heartbeat=(\d+)$/.exec(text);
        isFirst = false;
        if (interval) limit = +interval[1]! * SILENT_INTERVALS;
      },
    });
    owner.opened();
    for (;;) {
      await ready(false);
      const { value } = await waitForBytes(chunks.read(), limit);
      if (!value) return { type: "ended" };
      delivery.opened = true;
      let failure: AttemptEnd | undefined;
      try {
        parser.push(value);
      } catch (error) {
        failure = { type: "too-large", error };
      }
      for (const event of events) {
        // Awaits only if it must: most events have ready consumers and no schema.
        if (delivery.waiting(true)) await ready(true);
        let data = delivery.decode(event);
        if (data instanceof Promise) {
          data = await wait(data);
          await ready(true);
        }
        const isLast = delivery.give(event, data);
        if (end) return end;
        if (isLast) {
          await ready(false);
          return { type: "completed" };
        }
      }
      if (failure) return failure;
      events = [];
      delivery.pass(parser.lastEventId);
    }
  }

  async function ready(needsConsumer: boolean): Promise<void> {
    let waiting = delivery.waiting(needsConsumer);
    for (; waiting; waiting = delivery.waiting(needsConsumer)) await wait(waiting);
  }

  async function run(): Promise<AttemptEnd> {
    try {
      stop(await connect());
    } catch (error) {
      stop({ type: "network", error });
    }
    return end!;
  }

  return { ended: run(), stop };
}
