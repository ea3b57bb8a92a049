import { SluiceError } from "../base/errors/sluice-error.ts";
import { quietTimeout, type Timer } from "../base/time/timers.ts";
import type { ErrorContext, Report } from "../stream/report.ts";
import type { Outages } from "../stream/stream-hub.ts";

/**
 * The log must work for this time before an outage is over, in ms. The time doubles, up to the longest, if the outage
 * returns soon after its end.
 */
const FIRST_PROBATION_MS = 2_000;
const LONGEST_PROBATION_MS = 32_000;
const SOON_MS = 60_000;

/** An error of a log that fails for all channels, such as `OutOfReach`. */
interface OutageError extends Error {
  readonly outage: string;
  readonly store?: string;
}

/** An outage that was reported and is not over. Times are on the clock of `performance.now()`. */
interface Outage {
  readonly error: OutageError;
  readonly since: number;
  /** Channels in which it was noticed. */
  readonly channels: Set<string | undefined>;
  readonly probationMs: number;
  /** Runs while the log works again. */
  probation: Timer | undefined;
}

/** The end of an outage. */
interface Ended {
  readonly at: number;
  readonly probationMs: number;
}

/** An operation of any channel shows the end of the first. Only the log knows the end of the second. */
const REACH = "reach";
const TAIL = "tail";

/**
 * Reports each outage of the log once, and once more when it is over: all channels and requests fail with the same
 * error. An outage that returns after a moment, as with a connection that breaks again and again, is one outage.
 */
export class LogOutages implements Outages {
  /** An operation shows that the log works if no failure happened since the operation began. */
  failures = 0;
  readonly #outages = new Map<string, Outage>();
  readonly #ended = new Map<string, Ended>();
  #report: Report = () => undefined;

  /** See {@link Outages.take}. The report names no channel. */
  take(error: unknown, context: ErrorContext, report: Report): boolean {
    const found = findOutage(error);
    if (found === undefined) return false;
    this.failures++;
    this.#report = report;
    const { error: cause, channel = context.channel } = found;
    const outage = this.#outages.get(cause.outage);
    if (outage === undefined) {
      this.#begin(cause, channel);
    } else {
      clearTimeout(outage.probation);
      outage.probation = undefined;
      outage.channels.add(channel);
    }
    return true;
  }

  succeeded(channel: string, failures: number): void {
    if (this.#outages.size === 0 || failures !== this.failures) return;
    for (const [name, { channels }] of this.#outages) {
      if (name === REACH || (name !== TAIL && channels.has(channel))) this.recovered(name);
    }
  }

  recovered(name: string): void {
    const outage = this.#outages.get(name);
    if (outage === undefined || outage.probation !== undefined) return;
    const seconds = ((performance.now() - outage.since) / 1_000).toFixed(1);
    outage.probation = quietTimeout(() => {
      this.#outages.delete(name);
      const { error, probationMs } = outage;
      this.#ended.set(name, { at: performance.now(), probationMs });
      const message = `${error.store ?? "The log"} works again. The outage took ${seconds} s.`;
      this.#report(new SluiceError("LOG_FAILED", message, { cause: error }), { stage: "log", isOver: true });
    }, outage.probationMs);
  }

  #begin(error: OutageError, channel: string | undefined): void {
    const since = performance.now();
    const ended = this.#ended.get(error.outage);
    const isSoon = ended !== undefined && since - ended.at < SOON_MS;
    const probationMs = isSoon ? Math.min(LONGEST_PROBATION_MS, ended.probationMs * 2) : FIRST_PROBATION_MS;
    const channels = new Set([channel]);
    this.#outages.set(error.outage, { error, since, channels, probationMs, probation: undefined });
    this.#report(error, { stage: "log" });
  }

  /** Reports no end of an outage any more. */
  close(): void {
    for (const { probation } of this.#outages.values()) clearTimeout(probation);
  }
}

/** Causes that are looked at: a cause may be its own cause. */
const MAX_CAUSES = 8;

/** Finds the error of an outage among the causes of an error, and the channel in which it was noticed. */
function findOutage(error: unknown): { readonly error: OutageError; readonly channel?: string } | undefined {
  try {
    let channel: string | undefined;
    let cause = error;
    for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth++, cause = cause.cause) {
      channel ??= (cause as { readonly channel?: string }).channel;
      if (typeof (cause as OutageError).outage === "string")
        return { error: cause as OutageError, ...(channel !== undefined && { channel }) };
    }
  } catch {
    // A job may throw anything, also an object whose every use throws.
  }
  return undefined;
}
