/**
 * Adds a position to the query if no header can carry it, and then returns `""`. Otherwise returns the position, which
 * the header carries.
 */
export function placePosition(url: URL, lastEventId: string): string {
  // Across origins the header would need a preflight, which many servers do not answer. And no header can carry control
  // characters or lone surrogates.
  const isForeign = (globalThis.location ?? url).origin !== url.origin;
  if (!lastEventId || !(isForeign || /[\p{Cc}\p{Cs}]/u.test(lastEventId))) return lastEventId;
  // `searchParams.set()` encodes the rest of the query anew.
  if (url.searchParams.has("lastEventId")) url.searchParams.set("lastEventId", lastEventId);
  else url.search += (url.search && "&") + new URLSearchParams({ lastEventId });
  return "";
}
