import { SluiceError } from "../../base/sluice-error.ts";

/**
 * Thrown by a log that cannot reach its store. Sluice reports one such error for each outage, not one per operation.
 */
export class OutOfReach extends SluiceError {
  readonly outOfReach = true;

  constructor(message?: string, options?: ErrorOptions) {
    super("LOG_FAILED", message ?? "The log is out of reach.", options);
  }
}
