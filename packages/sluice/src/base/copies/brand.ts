/**
 * Marks the instances of a class with `Symbol.for(mark)`, and returns a guard that looks for the mark. `instanceof`
 * looks for it too. So all copies of the package in a process recognise the instances of each other. Bundlers and
 * package managers make such copies.
 */
export function brand<T>(type: { readonly prototype: T }, mark: string): (value: unknown) => value is T {
  const key = Symbol.for(mark);
  const isBranded = (value: unknown): value is T => (value as Record<symbol, unknown> | null)?.[key] !== undefined;
  (type.prototype as Record<symbol, unknown>)[key] = true;
  Object.defineProperty(type, Symbol.hasInstance, {
    // Subclasses inherit this function. For a subclass, `instanceof` keeps its ordinary meaning.
    value(this: { readonly prototype: object }, value: object) {
      // biome-ignore lint/suspicious/noPrototypeBuiltins: the prototype of a class of errors or items has the method
      return this === type ? isBranded(value) : this.prototype.isPrototypeOf(value);
    },
  });
  return isBranded;
}
