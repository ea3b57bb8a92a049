import { show } from "../../../base/checks/check-option.ts";
import { FailureReports } from "../../../base/errors/failure-reports.ts";
import { isSluiceError } from "../../../base/errors/is-sluice-error.ts";
import { SluiceError } from "../../../base/errors/sluice-error.ts";
import type { ErrorContext } from "../../../stream/report.ts";
import type { KeptEvent } from "../../event/kept-event.ts";

/** Reports the events that readers skip: they cannot be sent or parsed, or a filter throws. */
export class SkippedEvents {
  readonly onFilterError: (error: unknown, event: KeptEvent) => void;
  readonly #onError: (error: unknown, context: ErrorContext) => void;
  readonly #parseFailures: FailureReports;

  constructor(onError: (error: unknown, context: ErrorContext) => void) {
    this.#onError = onError;
    this.#parseFailures = new FailureReports((error, count) => onError(error, { stage: "parse", ...count }));
    const filterFailures = new FailureReports((error, count) => onError(error, { stage: "filter", ...count }));
    this.onFilterError = (error, event) => filterFailures.add(event.entry.offset, error);
  }

  /** Reports an entry that cannot be sent, unless its offset holds no event. */
  reportUnsound({ entry }: KeptEvent): void {
    if (entry.isVoid) return;
    const message = `The log has an entry that cannot be sent (offset ${entry.offset}, type ${show(entry.type)}).`;
    this.#onError(
      new SluiceError("INVALID_FIELD", `${message} It is skipped. Find the program that wrote it into the log.`),
      { stage: "log" },
    );
  }

  /** Returns a copy of the event, or `undefined` if its text cannot be parsed, which is reported. */
  copyOf(event: KeptEvent): ReturnType<KeptEvent["copy"]> | undefined {
    try {
      return event.copy();
    } catch (error) {
      if (isSluiceError(error)) this.#parseFailures.add(event.entry.offset, error);
      else this.reportUnsound(event);
      return undefined;
    }
  }
}
