import { brand } from "./brand.ts";
import { SluiceError } from "./sluice-error.ts";

/** Returns true if the value is a `SluiceError` of any copy of the package, also if it is one of a subclass. */
export const isSluiceError: (value: unknown) => value is SluiceError = brand(SluiceError, "SluiceError");
