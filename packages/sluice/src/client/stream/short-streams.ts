import { quietTimeout } from "../../base/timers.ts";
import type { FetchFunction, RequestOptions } from "../connection/request.ts";
import type { Superseder } from "./attempt/attempt-end.ts";
import type { Reader } from "./attempt/refusal.ts";
import { sendRequest } from "./attempt/send-request.ts";
import type { StreamState } from "./stream-options.ts";

/** Settings of a stream that may use short streams. */
export interface ShortSettings extends RequestOptions {
  fetch?: FetchFunction | undefined;
  /** Returns the absolute URL, also later. */
  readonly url: () => Promise<URL>;
  readonly shortStreams: boolean;
  readonly persist?: unknown;
}

/** The delivery of the stream's events. */
export interface ShortDelivery {
  /** The position after the events that were given. */
  readonly given: string;
  /** True once the first bytes of an answer have come. */
  readonly opened?: boolean;
}

/** The loop of the stream's attempts. */
export interface ShortLoop {
  readonly state: StreamState;
  /** Connects again at once. */
  renew(by: Superseder): void;
}

/** The last block of a short stream: its server has sent what there is. */
const LAST_BLOCK = ": short\n\n";
/** Sluice sends the head and the first block at once. */
const FIRST_BLOCK_MS = 5_000;
/** Time until the long form is tried again, in ms. It doubles each time that this fails, up to an hour. */
const LONG_FORM_MS = 300_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** Short streams that come faster than this must move the position. Otherwise the back-off decides. */
const LEAST_MS = 1_000;

/**
 * Notices that a proxy holds the responses of a stream back, and asks for short streams from then on. Short streams in
 * a row are one attempt: each read that finds the end of one sends the next request, from the position.
 *
 * Replaces `settings.fetch`.
 */
export function useShortStreams(
  settings: ShortSettings,
  delivery: ShortDelivery,
  loop: ShortLoop,
  signal: AbortSignal,
): void {
  const { fetch, shortStreams, method = "GET" } = settings;
  // A POST may cost something at each request.
  const isWatched = shortStreams && method === "GET";
  let isShort = false;
  let longAt = Number.POSITIVE_INFINITY;
  let pause = LONG_FORM_MS;
  let isFirst = true;

  function holdsBack(): void {
    isShort = true;
    longAt = Number.POSITIVE_INFINITY;
    loop.renew("held-back");
  }

  /** Settles as the promise does. Reports that the response is held back if that takes too long in the long form. */
  function inTime<T>(promise: Promise<T>, attempt: AbortSignal): Promise<T> {
    if (isShort || !isWatched) return promise;
    const timer = quietTimeout(holdsBack, FIRST_BLOCK_MS);
    attempt.addEventListener("abort", () => clearTimeout(timer));
    return promise.finally(() => clearTimeout(timer));
  }

  const send: FetchFunction = (url, init) => {
    const asked = new URL(url);
    if (isShort) asked.search += `${asked.search && "&"}sluice-short=1`;
    return (fetch ?? globalThis.fetch)(asked.href, init);
  };

  settings.fetch = async (url, init) => {
    isFirst = false;
    if (performance.now() > longAt) isShort = false;
    const attempt = init.signal!;
    let askedAt = performance.now();
    let askedFrom = delivery.given;
    const { status, headers, body } = await inTime(send(url, init), attempt);
    let reader = body?.getReader() as Reader;
    let tail: string | undefined;

    async function read(): Promise<ReadableStreamReadResult<Uint8Array>> {
      const next = reader.read();
      const result = await (tail === undefined ? inTime(next, attempt) : next);
      if (result.value) {
        if (!isShort) pause = LONG_FORM_MS;
        tail = ((tail ?? "") + String.fromCharCode(...result.value.subarray(-LAST_BLOCK.length))).slice(
          -LAST_BLOCK.length,
        );
      }
      if (result.value || tail !== LAST_BLOCK) return result;
      const now = performance.now();
      if (isShort && longAt === Number.POSITIVE_INFINITY) {
        longAt = now + pause;
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
      if (now > longAt) loop.renew("held-back");
      // A server that sends the same position again and again would be asked without a pause.
      if (now > longAt || (now - askedAt < LEAST_MS && delivery.given === askedFrom)) return result;
      askedAt = now;
      askedFrom = delivery.given;
      const response = await sendRequest(await settings.url(), { ...settings, fetch: send }, askedFrom, attempt);
      const isNext = response.status === 200 && response.headers.get("content-type")?.startsWith("text/event-stream");
      if (!isNext || !response.body) {
        response.body?.cancel().catch(() => {});
        // The loop asks again, and sees the refusal.
        return result;
      }
      reader = response.body.getReader();
      tail = "";
      return read();
    }

    const cancel = () => reader.cancel();
    const proxied = body && { cancel, getReader: () => ({ cancel, read }) };
    return { status, headers, body: proxied } as unknown as Response;
  };

  // The first attempt began before this code was loaded, unless the position had to be loaded too.
  if (!isWatched || settings.persist) return;
  const timer = quietTimeout(() => {
    if (isFirst && !delivery.opened && /^(connecting|open)$/.test(loop.state)) holdsBack();
  }, FIRST_BLOCK_MS);
  signal.addEventListener("abort", () => clearTimeout(timer));
}
