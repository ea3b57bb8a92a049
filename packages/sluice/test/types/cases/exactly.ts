/** `true` if two types are the same, and not only assignable to each other. */
export type Exactly<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles if the type is `true`. */
export function holds<_ extends true>(): void {}
