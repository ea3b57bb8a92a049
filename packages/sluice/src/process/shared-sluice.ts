import { checkFunction, checkText, invalidOption } from "../base/checks/check-option.ts";
import { differences } from "../base/checks/differences.ts";
import { outside } from "../base/context/async-context.ts";
import { SHARED } from "../base/copies/shared-sluices.ts";
import { VERSION } from "../base/copies/version.ts";
import type { Sluice } from "../sluice.ts";

/**
 * Returns the one Sluice of this key in the process, across hot reloads and copies of the package. The first call makes
 * it, with a function that returns the Sluice.
 *
 * A further call compares the options. If they are equal, the known Sluice stays, with its streams and channels. If
 * they differ, the new Sluice replaces it: the old one closes, and its clients reconnect and receive a gap if they need
 * one. Functions are compared by their source text; the newest ones are used. Channels and jobs follow their newest
 * definition too. If `NODE_ENV` is `production`, the known Sluice stays until it is closed. Throws `INVALID_OPTION` and
 * the errors of `make`; the known Sluice then stays.
 *
 * ```ts
 * export const sluice = sharedSluice("app", () => createSluice({ heartbeat: 10_000 }));
 * ```
 */
export function sharedSluice(key: string, make: () => Sluice): Sluice {
  checkText("key", key ?? null);
  checkFunction("make", make ?? null);
  const shared = ((globalThis as { [SHARED]?: Map<string, Sluice> })[SHARED] ??= new Map());
  const known = shared.get(key);
  const status = known?.health().status;
  let isProduction = false;
  try {
    isProduction = process.env.NODE_ENV === "production";
  } catch {
    // There is no `process`, or Deno has no permission to read the environment.
  }
  const isKept = isProduction && status !== "closed" && known?.parts.settings.version === VERSION;
  if (isKept) return known;
  const made = make();
  if (!made?.parts) throw invalidOption("make()", "a Sluice", made);
  if (known === made) return made;
  const { hub, settings } = made.parts;
  hub.followsReloads = !isProduction;
  if (known !== undefined) {
    const changed = status === "ok" ? differences(known.parts.settings, settings) : undefined;
    const isEqual = changed?.length === 0;
    const retired = async () => (await import("./reload.ts")).retire(isEqual ? made : known, shared, key, changed);
    // The promise stays, and the module may be loaded while a request is served.
    hub.logsFree = outside(() => retired().catch(console.error));
    if (isEqual) return known;
  }
  shared.set(key, made);
  return made;
}
