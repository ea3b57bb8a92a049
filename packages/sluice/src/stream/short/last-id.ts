const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const FIELD = "id: ";

/** Returns the last event ID in encoded blocks; `undefined` if no block has one. */
export function lastIdIn(bytes: Uint8Array): string | undefined {
  // Every other line begins with the name of its own field, so no data can look like an ID.
  const text = `\n${decoder.decode(bytes)}`;
  const at = text.lastIndexOf(`\n${FIELD}`);
  if (at < 0) return undefined;
  const start = at + 1 + FIELD.length;
  return text.slice(start, text.indexOf("\n", start));
}
