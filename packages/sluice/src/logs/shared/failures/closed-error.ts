import { SluiceError } from "../../../base/errors/sluice-error.ts";

/** Returns the error with which every operation on a closed log fails: `CLOSED`. */
export function closedError(): SluiceError {
  return new SluiceError("CLOSED", "The log is closed.");
}
