/**
 * Key of the map of shared Sluices on `globalThis`. The symbol and the type of the map MUST NOT change: all copies and
 * versions of the package use them.
 */
export const SHARED: unique symbol = Symbol.for("sluice.shared");

interface Shareable {
  readonly parts?: { readonly hub: { readonly followsReloads: boolean | undefined } };
}

/** Returns true if another Sluice has taken the place of this one in a hot reload. */
export function isReplaced(sluice: object): boolean {
  const isShared = (sluice as Shareable).parts?.hub.followsReloads !== undefined;
  const shared = (globalThis as { [SHARED]?: ReadonlyMap<string, object> })[SHARED];
  return isShared && ![...(shared?.values() ?? [])].includes(sluice);
}
