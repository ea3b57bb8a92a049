import { invalidOption } from "../../../base/checks/check-option.ts";
import { outside } from "../../../base/context/async-context.ts";
import { FailureReports } from "../../../base/errors/failure-reports.ts";
import { guardResult, ignore } from "../../../base/errors/guard.ts";
import { isSafe } from "../../../protocol/safe-text.ts";
import type { ErrorContext } from "../../../stream/report.ts";
import type { CombinedSettings, CombinedTypes } from "../combine-options.ts";

/** The type that the standard gives to an event without one. */
const DEFAULT_TYPE = "message";

/** A map from the types of a combination's events to the types that its subscribers receive. */
export class EventTypes {
  readonly #types: CombinedTypes;
  /** The types of the gap events of the parts. */
  readonly #gapTypes: ReadonlySet<string>;
  readonly #failures: FailureReports;

  constructor({ types, parts }: CombinedSettings, report: (error: unknown, context: ErrorContext) => void) {
    this.#types = types;
    this.#gapTypes = new Set(parts.map(([, { part }]) => part.channel.settings.gapEvent));
    const channels = new Map<unknown, string>(parts.map(([name, { channel }]) => [name, channel]));
    this.#failures = new FailureReports((error, count, name) =>
      report(error, { stage: "types", channel: channels.get(name) as string, ...count }),
    );
  }

  /** Returns the type under which subscribers receive an event of a part. `undefined`: the default of the standard. */
  typeOf(name: string, type: string | undefined): string | undefined {
    if (this.#types === "plain") return type;
    const own = type || DEFAULT_TYPE;
    return typeof this.#types === "function" ? this.#mapped(this.#types, name, own) : `${name}.${own}`;
  }

  /** Calls the function. If it fails, returns the default type, so that the event is not lost. */
  #mapped(map: Exclude<CombinedTypes, string>, name: string, type: string): string {
    try {
      const mapped: unknown = outside(() => map(name, type));
      if (isSafe(mapped) && mapped !== "" && !this.#gapTypes.has(mapped)) return mapped;
      guardResult(mapped, ignore);
      this.#failures.add(name, invalidOption("types()", "an event type, and not that of gap events", mapped));
    } catch (error) {
      this.#failures.add(name, error);
    }
    return `${name}.${type}`;
  }
}
