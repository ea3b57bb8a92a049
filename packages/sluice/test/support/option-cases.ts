import { expect } from "vitest";
import type { SluiceError } from "../../src/index.ts";

/** An invalid option. The error must contain its name, the expected value and the actual value. */
export type OptionCase = [option: string, value: unknown, expected: string, actual: string];

/** Returns cases that every numeric option must refuse. */
export const numberCases = (name: string, expected: string): OptionCase[] => [
  [name, "5", expected, '"5"'],
  [name, Number.NaN, expected, "NaN"],
  [name, -1, expected, "-1"],
  [name, null, expected, "null"],
  [name, Number.NEGATIVE_INFINITY, expected, "-Infinity"],
];

/** Returns the error that `act` throws or rejects with. */
export async function errorOf(act: () => unknown): Promise<SluiceError> {
  try {
    await act();
  } catch (error) {
    return error as SluiceError;
  }
  throw new Error("The option was accepted.");
}

export function expectOptionError(error: SluiceError, [option, , expected, actual]: OptionCase): void {
  expect(error).toMatchObject({ name: "SluiceError", code: "INVALID_OPTION" });
  expect(error.message).toContain(`\`${option}\``);
  expect(error.message).toContain(expected);
  expect(error.message).toContain(actual);
}

/** Returns the options of a case. The option of `subscriber.id` is `subscriber`. */
export const optionsOf = ([name, value]: OptionCase): object => ({ [name.split(/[.[]/)[0] as string]: value });
