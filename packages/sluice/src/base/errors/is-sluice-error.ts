import { brand } from "../copies/brand.ts";
import { SluiceError } from "./sluice-error.ts";

/** Returns true if the value is a `SluiceError`, or of a subclass of it, from any copy of the package. */
export const isSluiceError: (value: unknown) => value is SluiceError = brand(SluiceError, "SluiceError");
