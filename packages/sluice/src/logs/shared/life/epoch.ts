/** Returns a random epoch of 10 or 11 characters. It is short because it is part of every event ID. */
export function newEpoch(): string {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return ((random[0]! & 0xfffff) * 2 ** 32 + random[1]!).toString(36).padStart(10, "0");
}
