import { invalidOption, show } from "../base/checks/check-option.ts";
import { differences } from "../base/checks/differences.ts";
import { SluiceError } from "../base/errors/sluice-error.ts";
import type { StreamHub } from "../stream/stream-hub.ts";

const MAX_NAME_LENGTH = 256;

/** A channel, or jobs. */
interface Defined {
  readonly settings: object;
  /** Starts again with changed settings. */
  reopen?(changed: readonly string[]): void;
}

interface KnownOrMade<T> {
  /** By name. A new object is added. */
  readonly known: Map<string, T>;
  /** The method of `Sluice` that is called. */
  readonly kind: "channel" | "jobs";
  readonly name: string;
  /** The checked options of the call; `undefined` if it has none. */
  readonly settings: object | undefined;
  readonly make: () => T;
}

/**
 * Returns the known object of this name, or makes it. Throws `INVALID_OPTION` if it is known, and the options of the
 * call differ from its own, unless it follows reloads.
 */
export function knownOrMade<T extends Defined>({ followsReloads }: StreamHub, call: KnownOrMade<T>): T {
  const { known, kind, name, settings, make } = call;
  let found = known.get(name);
  if (found === undefined) {
    checkName(kind, name);
    found = make();
    known.set(name, found);
  } else if (settings !== undefined && followsReloads !== false) {
    const changed = differences(found.settings, settings);
    if (changed.length > 0 && !followsReloads)
      throw new SluiceError(
        "INVALID_OPTION",
        `sluice.${kind}(${show(name)}) was called before with other options: ${changed}. Pass equal options, or none.`,
      );
    // Functions with the same source text may be of a newer module.
    Object.assign(found.settings, settings);
    if (changed.length > 0) found.reopen?.(changed);
  }
  return found;
}

/**
 * Throws `INVALID_OPTION` unless the name is a string of 1 to 256 characters without lone surrogates. Logs encode names
 * as UTF-8, in which all lone surrogates are the same.
 */
export function checkName(kind: string, name: unknown): void {
  if (typeof name !== "string" || name === "" || name.length > MAX_NAME_LENGTH || !name.isWellFormed()) {
    const expected = `a string of 1 to ${MAX_NAME_LENGTH} characters, without lone surrogates`;
    throw invalidOption(`${kind} name`, expected, name);
  }
}
