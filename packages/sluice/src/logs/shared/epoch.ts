/** A name for a new life of a log: unlikely to be met again, and short, since it goes with every event. */
export function newEpoch(): string {
  const random = crypto.getRandomValues(new Uint32Array(2));
  return ((random[0]! & 0xfffff) * 2 ** 32 + random[1]!).toString(36).padStart(10, "0");
}
