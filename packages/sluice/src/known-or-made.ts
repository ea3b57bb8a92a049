import { checkText, invalidOption, show } from "./base/check-option.ts";
import { SluiceError } from "./base/sluice-error.ts";

const MAX_NAME_LENGTH = 256;

interface KnownOrMade<T> {
  /** By name. A new object is added. */
  readonly known: Map<string, T>;
  /** The method of `Sluice` that is called. */
  readonly kind: "channel" | "jobs";
  readonly name: string;
  /** The options of the call; `undefined` if it has none. */
  readonly options: object | undefined;
  readonly make: () => T;
}

/** Returns the known object of this name, or makes it. Throws `INVALID_OPTION` if it is known and there are options. */
export function knownOrMade<T>({ known, kind, name, options, make }: KnownOrMade<T>): T {
  const found = known.get(name);
  if (found !== undefined) {
    if (options === undefined) return found;
    const message = `sluice.${kind}(${show(name)}) was called before: pass options only in the first call.`;
    throw new SluiceError("INVALID_OPTION", message);
  }
  checkName(kind, name);
  const made = make();
  known.set(name, made);
  return made;
}

/** Throws `INVALID_OPTION` unless the name is a string of 1 to 256 characters. */
export function checkName(kind: string, name: unknown): void {
  checkText(`${kind} name`, name ?? null);
  if ((name as string).length > MAX_NAME_LENGTH)
    throw invalidOption(`${kind} name`, `a string of at most ${MAX_NAME_LENGTH} characters`, name);
}
