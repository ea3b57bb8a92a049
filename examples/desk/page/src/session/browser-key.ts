import { randomKey } from "../streams/live-stream.ts";

const STORAGE_KEY = "desk-browser";

/** Returns the name of this browser for the stream of its tabs. Another browser of the same user has another name. */
export function browserKey(): string {
  try {
    const key = localStorage.getItem(STORAGE_KEY) ?? randomKey();
    localStorage.setItem(STORAGE_KEY, key);
    return key;
  } catch {
    // The browser may block storage. Then tabs share no stream either.
    return randomKey();
  }
}
