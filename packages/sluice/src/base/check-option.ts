import { SluiceError } from "./sluice-error.ts";

/** What a number option may be. */
export interface NumberRule {
  /** Smallest value allowed; 0 unless told. */
  readonly min?: number;
  readonly max?: number;
  /** Whether fractions are refused. */
  readonly whole?: boolean;
  /** Whether `Infinity` ("no limit") is allowed. */
  readonly infinite?: boolean;
  /** The unit, for the message. */
  readonly unit?: string;
}

/** Says what was expected, what came and what to do. */
export function invalidOption(name: string, expected: string, value: unknown): SluiceError {
  return new SluiceError("INVALID_OPTION", `\`${name}\` must be ${expected}, but is ${show(value)}.`);
}

/** Returns the value, or the default where it is absent; throws `INVALID_OPTION` where it is not as the rule says. */
export function checkNumber(name: string, value: unknown, fallback: number, rule: NumberRule = {}): number {
  if (value === undefined) return fallback;
  const { min = 0, max = Number.MAX_SAFE_INTEGER, whole = false, infinite = false, unit } = rule;
  if (infinite && value === Number.POSITIVE_INFINITY) return value;
  if (typeof value === "number" && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  const kind = `${whole ? "a whole number" : "a number"}${unit === undefined ? "" : ` of ${unit}`}`;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw invalidOption(name, `${kind} ${range}${infinite ? " or Infinity" : ""}`, value);
}

/** Like {@link checkNumber}, for `true` and `false`. */
export function checkBoolean(name: string, value: unknown, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (typeof value === "boolean") return value;
  throw invalidOption(name, "true or false", value);
}

/** Refuses a value that is neither absent nor a function. */
export function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== "function") throw invalidOption(name, "a function", value);
}

/** Refuses a value that is neither absent nor a string with something in it. */
export function checkText(name: string, value: unknown): void {
  if (value !== undefined && (typeof value !== "string" || value === "")) {
    throw invalidOption(name, "a string that is not empty", value);
  }
}

/** Refuses what is no object, and any option that there is none of: most often a slip of the pen. */
export function checkNames(owner: string, options: unknown, names: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw invalidOption(`${owner} options`, "an object", options);
  for (const name of Object.keys(options)) {
    if (!names.includes(name)) {
      throw new SluiceError(
        "INVALID_OPTION",
        `${owner} has no option \`${withoutCredentials(name)}\`. It has: ${names.join(", ")}.`,
      );
    }
  }
}

const SHOWN_LENGTH = 60;

/** A URL in the wrong place must not show its password. */
function withoutCredentials(text: string): string {
  return text.replace(/\/\/[^/\s]*@/g, "//***@");
}

/** A value as it may stand in a message: short, on one line, whatever it is. */
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
