/**
 * Makes every method and property of an object that was replaced go to the object that `current` returns, except those
 * named. A module that is not evaluated again after a reload keeps what it has: its timers and listeners would
 * otherwise publish to a closed channel.
 */
export function forward<T extends object>(old: T, current: () => T, except: readonly (keyof T)[] = []): void {
  const prototype: object = Object.getPrototypeOf(old);
  for (const name of Reflect.ownKeys(prototype) as (keyof T)[]) {
    if (name === "constructor" || except.includes(name)) continue;
    const isMethod = typeof Object.getOwnPropertyDescriptor(prototype, name)?.value === "function";
    const get = () => {
      const target = current();
      return isMethod ? (target[name] as () => unknown).bind(target) : target[name];
    };
    Object.defineProperty(old, name, { get, configurable: true });
  }
}
