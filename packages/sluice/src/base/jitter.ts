/** A value spread evenly by ± a part of it, so that many who were told the same do not come at the same time. */
export function jitter(value: number, part: number): number {
  return value * (1 - part + 2 * part * Math.random());
}
