import type { Timer } from "../../../base/time/timers.ts";
import { createUncheckedParser, type ParsedEvent } from "../../../protocol/parser.ts";
import type { Receiver } from "../deliver/delivery.ts";
import { loadRest } from "../load-rest.ts";
import type { AttemptEnd } from "./attempt-end.ts";
import type { Reader } from "./refusal.ts";
import { type RequestSettings, sendRequest } from "./send-request.ts";

/** Settings of an attempt. */
export interface AttemptSettings extends RequestSettings {
  readonly connectTimeout: number;
  readonly silenceTimeout: number;
  readonly maxEventBytes: number;
}

/** The part of the history of a stream that its attempts write. */
export interface AttemptHistory {
  /** The server's reconnection time, in ms. */
  retry?: number;
  /** When the attempt received the head of an event stream, in ms of the steady clock. */
  openedAt?: number;
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
const EVENT_STREAM = /^text\/event-stream\s*([;,]|$)/i;

/**
 * Starts an attempt, which resumes from the position of the events that were given. Calls `opened` when the answer is
 * an event stream.
 */
export function startAttempt(
  settings: AttemptSettings,
  delivery: Receiver,
  history: AttemptHistory,
  opened: () => void,
): Attempt {
  const controller = new AbortController();
  let end: AttemptEnd | undefined;
  let interrupt: (() => void) | undefined;
  let timer: Timer | undefined;
  let reader: Reader | undefined;
  /** The newest comment of the answer. */
  let comment: string | undefined;

  function stop(reason: AttemptEnd): void {
    if (end) return;
    end = reason;
    clearTimeout(timer);
    delivery.drop();
    interrupt?.();
    controller.abort();
    // Another `fetch` may ignore the signal.
    reader?.cancel().catch(() => {});
  }

  /** Settles as the promise does. A wait of more than `ms` ends the attempt. Default: no limit. */
  function wait<T>(promise: PromiseLike<T>, ms?: number): Promise<T> {
    clearTimeout(timer);
    // Timers can be no longer: 24 days. `undefined` is not shorter than that.
    if (ms! < 2 ** 31) timer = setTimeout(() => stop({ type: "silent", ms: ms! }), ms);
    // Not `Promise.race` with one promise for the end: that promise would collect a reaction for each read.
    return new Promise((resolve, reject) => {
      interrupt = () => reject(end);
      // Also after the end: nobody else handles the rejection of a request that was aborted.
      promise.then(resolve, reject);
      if (end) interrupt();
    });
  }

  async function connect(): Promise<AttemptEnd> {
    // The last event was handed over in an attempt that was replaced while a consumer worked on it.
    if (delivery.isComplete) return (await read())!;
    for (;;) {
      const sent = sendRequest(settings, delivery.given, controller.signal);
      const { status, headers, body } = await wait(sent, settings.connectTimeout);
      reader = body?.getReader();
      // `null` is tested as the text "null".
      // [spec] If res's status is not 200, or its Content-Type is not text/event-stream, then fail the connection.
      if (status !== 200 || !EVENT_STREAM.test(headers.get("content-type")!))
        return (await wait(loadRest())).refusalOf(status, headers, reader, wait);
      history.openedAt = performance.now();
      opened();
      comment = undefined;
      const failure = reader && (await read());
      // Short streams in a row are one attempt.
      if (failure || comment !== "short" || !settings.form?.goesOn()) return failure ?? { type: "ended" };
    }
  }

  /** Reads a body to its end. Resolves to the end of the attempt if an event ends it. */
  async function read(): Promise<AttemptEnd | undefined> {
    let limit = settings.silenceTimeout;
    let failure: AttemptEnd | undefined;
    const onEvent = (event: ParsedEvent) => end || delivery.take(event);
    const onComment = (text: string) => {
      // The first comment states the interval.
      const interval = comment === undefined && /^heartbeat=(\d+)$/.exec(text);
      if (interval) limit = +interval[1]! * SILENT_INTERVALS;
      comment = text;
    };
    const onRetry = (ms: number) => {
      history.retry = ms;
    };
    const callbacks = { onEvent, onRetry, onComment };
    const parser = createUncheckedParser(callbacks, settings.maxEventBytes, delivery.given);
    for (;;) {
      await wait(delivery.settled());
      if (delivery.isComplete) return { type: "completed" };
      if (failure) return failure;
      delivery.pass(parser.lastEventId);
      const { value } = await wait(reader!.read(), limit);
      if (!value) return undefined;
      delivery.isOpened = true;
      try {
        parser.push(value);
      } catch (error) {
        failure = { type: "too-large", error };
      }
    }
  }

  const ended = connect()
    .then(stop, (error) => stop({ type: "network", error }))
    .then(() => end!);
  return { ended, stop };
}
