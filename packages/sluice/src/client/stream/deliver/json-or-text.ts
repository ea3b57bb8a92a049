/** Returns the value of a JSON text. Text that is no JSON is the value itself: Sluice sends strings as they are. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
