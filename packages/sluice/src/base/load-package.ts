import { SluiceError } from "./sluice-error.ts";

/**
 * Loads an optional package; `user` names the part of Sluice that needs it. Rejects with `MISSING_PACKAGE` if the
 * package cannot be loaded. The message then names the command that installs it.
 */
export async function loadPackage<T>(name: string, user: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const message = `${user} needs the package "${name}", which could not be loaded. Run npm install ${name}.`;
    throw new SluiceError("MISSING_PACKAGE", message, { cause });
  }
}
