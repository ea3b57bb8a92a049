import { SluiceError } from "../../base/errors/sluice-error.ts";

/** Throws `INVALID_OPTION` unless the condition holds. */
export function check(condition: unknown, expected: string, value: unknown): void {
  if (!condition) throw new SluiceError("INVALID_OPTION", `Expected a valid ${expected}, but got ${String(value)}`);
}
