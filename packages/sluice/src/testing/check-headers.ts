import { invalidOption } from "../base/checks/check-option.ts";

/** Throws `INVALID_OPTION` unless the value is a record of texts or `undefined`. `Headers` and pairs are none. */
export function checkHeaders(headers: unknown): void {
  if (headers === undefined) return;
  const isRecord = typeof headers === "object" && headers !== null && !(Symbol.iterator in headers);
  if (!isRecord || !Object.values(headers).every((value) => typeof value === "string"))
    throw invalidOption("headers", "an object of names and texts", headers);
}
