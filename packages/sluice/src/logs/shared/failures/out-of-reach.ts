import { SluiceError } from "../../../base/errors/sluice-error.ts";

/** Options of {@link OutOfReach}. */
export interface OutageOptions extends ErrorOptions {
  /** The store with its address, such as `Redis at host:6379`. Never with a password. Default: `The log`. */
  readonly store?: string | undefined;
  /** Names the outage. Errors with the same name belong to the same outage. */
  readonly outage?: string | undefined;
}

/** The outage of a process that receives no entries, although the store works. The log itself reports its end. */
export const TAIL_OUTAGE = "tail";

/**
 * Thrown by a log that fails for all channels: it cannot reach its store, or the store refuses its work. Sluice reports
 * one such error for each outage, not one per operation or channel.
 */
export class OutOfReach extends SluiceError {
  readonly store: string | undefined;
  readonly outage: string;

  constructor(message?: string, { store, outage = "reach", ...options }: OutageOptions = {}) {
    super("LOG_FAILED", message ?? "The log is out of reach.", options);
    this.store = store;
    this.outage = outage;
  }
}
