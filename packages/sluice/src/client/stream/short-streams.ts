import type { Timer } from "../../base/time/timers.ts";
import type { Superseder } from "./attempt/attempt-end.ts";
import type { Form } from "./attempt/form.ts";
import { placePosition } from "./attempt/place-position.ts";
import type { StreamState } from "./stream-options.ts";

/** Settings of a stream that may use short streams. */
export interface ShortSettings {
  readonly method?: string | undefined;
  readonly shortStreams: boolean;
  form?: Form;
}

/** The delivery of the stream's events. */
export interface ShortDelivery {
  /** The position after the events that were given. */
  readonly given: string;
  /** True once the first bytes of the answer have come. */
  isOpened?: boolean;
}

/** The loop of the stream's attempts. */
export interface ShortLoop {
  readonly state: StreamState;
  /** Connects again at once. */
  renew(by: Superseder): void;
}

/** Time from the request to the first bytes. Sluice sends the head and the first block at once. */
const FIRST_BLOCK_MS = 5_000;
/** Time until the long form is tried again, in ms. It doubles each time that this fails, up to an hour. */
const LONG_FORM_MS = 300_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** Short streams that come faster than this must move the position. Otherwise the back-off decides. */
const LEAST_MS = 1_000;

/** Notices that a proxy holds the responses of a stream back, and asks for short streams from then on. */
export function useShortStreams(
  settings: ShortSettings,
  delivery: ShortDelivery,
  loop: ShortLoop,
  signal: AbortSignal,
): void {
  let isShort = false;
  /** When the long form is tried again. `undefined`: the server has sent no short stream yet. */
  let longAt: number | undefined;
  let pause = LONG_FORM_MS;
  let timer: Timer | undefined;
  let askedAt = 0;
  let askedFrom: string;

  function awaitBytes(): void {
    clearTimeout(timer);
    // A POST may cost something at each request.
    if (isShort || !settings.shortStreams || (settings.method ?? "GET") !== "GET") return;
    timer = setTimeout(() => {
      if (delivery.isOpened || !/^(connecting|open)$/.test(loop.state)) return;
      isShort = true;
      loop.renew("held-back");
    }, FIRST_BLOCK_MS);
  }

  settings.form = {
    ask(url) {
      askedAt = performance.now();
      askedFrom = delivery.given;
      if (!isShort && delivery.isOpened) pause = LONG_FORM_MS;
      delivery.isOpened = false;
      if (askedAt > longAt!) {
        isShort = false;
        longAt = undefined;
      }
      if (isShort) url.search += `${url.search && "&"}sluice-short=1`;
      awaitBytes();
      return placePosition(url, askedFrom);
    },
    goesOn() {
      const now = performance.now();
      if (isShort && longAt === undefined) {
        longAt = now + pause;
        pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
      }
      if (now > longAt!) loop.renew("held-back");
      // A server that sends the same position again and again would be asked without a pause.
      return now - askedAt >= LEAST_MS || delivery.given !== askedFrom;
    },
  };
  // The first attempt may have begun before this code was loaded.
  awaitBytes();
  signal.addEventListener("abort", () => clearTimeout(timer));
}
