import { SluiceError } from "../errors/sluice-error.ts";

/** The values that a number option may have. */
export interface NumberRule {
  /** Smallest value allowed. Default: 0. */
  readonly min?: number;
  /** Largest value allowed. Default: `Number.MAX_SAFE_INTEGER`. */
  readonly max?: number;
  /** True if fractions are refused. */
  readonly whole?: boolean;
  /** True if `Infinity` ("no limit") is allowed. */
  readonly infinite?: boolean;
  /** Unit named in the error message. */
  readonly unit?: string;
}

/**
 * Returns an `INVALID_OPTION` error that names the option, the expected value and the value given. If the value is the
 * result of a function, `name` ends with `()`.
 */
export function invalidOption(name: string, expected: string, value: unknown): SluiceError {
  return new SluiceError("INVALID_OPTION", `\`${name}\` must be ${expected}, but is ${show(value)}.`);
}

/** Returns the value, or `fallback` if it is `undefined`. Throws `INVALID_OPTION` if it breaks the rule. */
export function checkNumber(name: string, value: unknown, fallback: number, rule: NumberRule = {}): number {
  if (value === undefined) return fallback;
  const { min = 0, max = Number.MAX_SAFE_INTEGER, whole = false, infinite = false, unit } = rule;
  if (infinite && value === Number.POSITIVE_INFINITY) return value;
  if (typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  const kind = `${whole ? "a whole number" : "a number"}${unit === undefined ? "" : ` of ${unit}`}`;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw invalidOption(name, `${kind} ${range}${infinite ? " or Infinity" : ""}`, value);
}

/** Returns the value, or `fallback` if it is `undefined`. Throws `INVALID_OPTION` if it is not a boolean. */
export function checkBoolean(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === "boolean") return value;
  throw invalidOption(name, "true or false", value);
}

/** Throws `INVALID_OPTION` unless the value is one of `values`. */
export function checkOneOf(name: string, value: unknown, values: readonly unknown[]): void {
  if (values.includes(value)) return;
  throw invalidOption(name, values.map(show).join(" or "), value);
}

/** Throws `INVALID_OPTION` unless the value is a function or `undefined`. */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") throw invalidOption(name, "a function", value);
}

/** Throws `INVALID_OPTION` unless the value is a non-empty string or `undefined`. */
export function checkText(name: string, value: unknown): void {
  if (value !== undefined && (typeof value !== "string" || value === "")) {
    throw invalidOption(name, "a string that is not empty", value);
  }
}

/**
 * Throws `INVALID_OPTION` unless `options` is an object whose keys are all in `names`. Other keys are mostly typing
 * errors.
 */
export function checkNames(owner: string, options: unknown, names: readonly string[]): void {
  // A promise or a source in place of an object has no names, so it would pass, and all its settings would be ignored.
  if (typeof options !== "object" || options === null || options instanceof Promise || Symbol.asyncIterator in options)
    throw invalidOption(`${owner} options`, "an object", options);
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      const message = `${owner} has no option \`${withoutCredentials(name)}\`. It has: ${names.join(", ")}.`;
      const meant = nearest(name, names);
      throw new SluiceError("INVALID_OPTION", meant ? `${message} Did you mean \`${meant}\`?` : message);
    }
  }
}

/** Returns the known name whose letters differ least from the letters of `name`; `undefined` if all differ much. */
function nearest(name: string, known: readonly string[]): string | undefined {
  const rest = (letters: string, of: string) => {
    for (const letter of of.slice(0, SHOWN_LENGTH).toLowerCase()) letters = letters.replace(letter, "");
    return letters.length;
  };
  const distance = (other: string) => rest(name.toLowerCase(), other) + rest(other.toLowerCase(), name);
  return [0, 1, 2]
    .filter((edits) => edits * 2 < name.length)
    .flatMap((edits) => known.filter((other) => distance(other) === edits))[0];
}

const SHOWN_LENGTH = 60;

/** Hides the credentials of a URL, in case a caller passed one as a name by mistake. */
function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/\s]*@/g, "//***@");
}

/** Describes any value for a message: short, and on one line. */
export function show(value: unknown): string {
  if (typeof value === "string") {
    const safe = withoutCredentials(value);
    const text = JSON.stringify(safe.length > SHOWN_LENGTH ? safe.slice(0, SHOWN_LENGTH) : safe);
    return safe.length > SHOWN_LENGTH ? `${text}… (${value.length} characters)` : text;
  }
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return `an object (${value.constructor?.name ?? "no prototype"})`;
  return String(value);
}
