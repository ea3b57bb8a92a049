import { checkText, invalidOption, show } from "./base/check-option.ts";
import { SluiceError } from "./base/sluice-error.ts";
import type { Redefine } from "./stream/stream-hub.ts";

const MAX_NAME_LENGTH = 256;

interface KnownOrMade<T> {
  /** By name. A new object is added. */
  readonly known: Map<string, T>;
  /** The method of `Sluice` that is called. */
  readonly kind: "channel" | "jobs";
  readonly name: string;
  /** The checked options of the call; `undefined` if it has none. */
  readonly settings: object | undefined;
  readonly make: () => T;
  /** Decides about a further definition. Default: other options are an error. */
  readonly redefine: Redefine | undefined;
}

/**
 * Returns the known object of this name, or makes it. Throws `INVALID_OPTION` if it is known, and the options of the
 * call differ from its own.
 */
export function knownOrMade<T extends { readonly settings: object }>(call: KnownOrMade<T>): T {
  const { known, kind, name, settings, make, redefine } = call;
  const found = known.get(name);
  if (found === undefined) {
    checkName(kind, name);
    const made = make();
    known.set(name, made);
    return made;
  }
  if (settings === undefined) return found;
  if (redefine !== undefined) redefine(found, settings);
  else {
    const changed = changedOptions(found.settings, settings).join(", ");
    if (changed !== "")
      throw new SluiceError(
        "INVALID_OPTION",
        `sluice.${kind}(${show(name)}) was called before with other options (${changed}). Pass equal options, or none.`,
      );
  }
  return found;
}

/** Throws `INVALID_OPTION` unless the name is a string of 1 to 256 characters. */
export function checkName(kind: string, name: unknown): void {
  checkText(`${kind} name`, name ?? null);
  if ((name as string).length > MAX_NAME_LENGTH)
    throw invalidOption(`${kind} name`, `a string of at most ${MAX_NAME_LENGTH} characters`, name);
}

/** Returns the names of the options that differ. Functions are compared by their source text, schemas by identity. */
function changedOptions(before: object, after: object): string[] {
  const [old, now] = [before, after] as [Record<string, unknown>, Record<string, unknown>];
  return Object.keys({ ...old, ...now }).filter((name) => !isEqual(old[name], now[name]));
}

function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a === "function") return String(a) === String(b);
  return isPlain(a) && isPlain(b) && changedOptions(a, b).length === 0;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !("~standard" in value);
}
