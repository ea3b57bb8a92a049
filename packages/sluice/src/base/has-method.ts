/** Returns true if the value is an object or a function that has a method of this name. */
export function hasMethod(value: unknown, name: PropertyKey): boolean {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    typeof (value as Record<PropertyKey, unknown>)[name] === "function"
  );
}
