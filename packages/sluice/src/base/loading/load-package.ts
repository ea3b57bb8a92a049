import { SluiceError } from "../errors/sluice-error.ts";

/** An optional package, and the part of Sluice that needs it. */
export interface OptionalPackage<T> {
  readonly name: string;
  /** The entry that needs the package, for the message. */
  readonly user: string;
  /** Oldest version that Sluice supports. */
  readonly since: string;
  readonly load: () => Promise<T>;
  /** Returns true, or resolves to true, if the loaded version has the parts that Sluice uses. */
  readonly isUsable: (loaded: T) => boolean | Promise<boolean>;
}

/**
 * Loads an optional package. Rejects with `MISSING_PACKAGE` if the package cannot be loaded, or if its version is too
 * old. The message then names the command that installs it.
 */
export async function loadPackage<T>({ name, user, since, load, isUsable }: OptionalPackage<T>): Promise<T> {
  let loaded: T;
  try {
    loaded = await load();
  } catch (cause) {
    const message = `${user} needs the package "${name}", which could not be loaded. Run npm install ${name}.`;
    throw new SluiceError("MISSING_PACKAGE", message, { cause });
  }
  if (!(await isUsable(loaded))) throw tooOld({ name, user, since });
  return loaded;
}

/** Returns the `MISSING_PACKAGE` error for a package whose version is too old. */
export function tooOld({ name, user, since }: Omit<OptionalPackage<never>, "load" | "isUsable">): SluiceError {
  const message = `${user} needs the package "${name}" ${since} or newer, but an older version is installed.`;
  return new SluiceError("MISSING_PACKAGE", `${message} Run npm install ${name}@latest.`);
}
