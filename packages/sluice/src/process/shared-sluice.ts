import { checkFunction, checkText, invalidOption } from "../base/check-option.ts";
import { ignore } from "../base/guard.ts";
import { OnDemand } from "../base/on-demand.ts";
import { VERSION } from "../base/version.ts";
import type { Sluice } from "../sluice.ts";
import type { SharedSluice, SharedSluices } from "./shared-sluices.ts";

/** The shared Sluices of a process, for all copies of the package. */
const SHARED: unique symbol = Symbol.for("sluice.shared");

/** The code for hot reloads. */
const RELOAD = new OnDemand(() => import("./reload.ts"));

/**
 * Returns the one Sluice of this key in the process, across hot reloads and copies of the package. The first call makes
 * it, with a function that returns what `createSluice()` returns.
 *
 * A further call compares the options. If they are equal, the known Sluice stays, with its streams and channels. If they
 * differ, the new Sluice replaces it: the old one closes, and its clients reconnect and receive a gap where they need
 * one. Functions are compared by their source text, and the newest ones are used. Channels and jobs follow their newest
 * definition too. If `NODE_ENV` is `production`, the first definition stays until its Sluice is closed. Throws
 * `INVALID_OPTION`, and what `make` throws; the known Sluice then stays.
 *
 * ```ts
 * export const sluice = sharedSluice("app", () => createSluice({ heartbeat: 10_000 }));
 * ```
 */
export function sharedSluice(key: string, make: () => Sluice): Sluice {
  checkText("key", key ?? null);
  checkFunction("make", make ?? null);
  const shared = ((globalThis as { [SHARED]?: SharedSluices })[SHARED] ??= new Map());
  const known = shared.get(key);
  const isFixed = isProduction();
  const isOpen = known !== undefined && known.sluice.health().status !== "closed";
  if (isOpen && isFixed && known.version === VERSION) return known.sluice;
  const sluice = make();
  if (typeof sluice?.parts !== "object") throw invalidOption("what `make` returns", "a Sluice", sluice);
  sluice.parts.hub.redefine ??= isFixed
    ? ignore
    : (found, settings) => void whenLoaded(({ redefine }) => redefine(sluice, found, settings));
  if (!isOpen) {
    sluice.parts.hub.logsFree = known?.sluice.close().catch(ignore);
    shared.set(key, { sluice, version: VERSION });
  } else whenLoaded(({ reload }) => reload(shared, key, { sluice, version: VERSION }));
  return (shared.get(key) as SharedSluice).sluice;
}

/** Calls back at once if the code for hot reloads is loaded, else as soon as it is. */
function whenLoaded(callback: (code: typeof import("./reload.ts")) => void): void {
  const code = RELOAD.get();
  if (code instanceof Promise) code.then(callback).catch(console.error);
  else callback(code);
}

function isProduction(): boolean {
  try {
    return process.env.NODE_ENV === "production";
  } catch {
    // There is no `process`, or Deno has no permission to read the environment.
    return false;
  }
}
