import { SluiceError } from "./sluice-error.ts";

/** Loads an optional package for `who`. Rejects with `MISSING_PACKAGE`, which says what to install, when it cannot be loaded. */
export async function loadPackage<T>(name: string, who: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const message = `${who} needs the package "${name}", which could not be loaded: run npm install ${name}.`;
    throw new SluiceError("MISSING_PACKAGE", message, { cause });
  }
}
