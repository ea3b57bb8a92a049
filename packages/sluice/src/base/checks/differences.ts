/**
 * The names that bundlers give to a function's imports. They differ between copies of a module: Next.js makes a copy
 * for each layer, such as `[app-route] (ecmascript)` or `(rsc)/./`, and Vite numbers the imports.
 */
const IMPORTED = /\w*__(TURBOPACK|WEBPACK|vi)[\w$]*|\[[\w-]+] \(ecma|\([\w-]+\)\/\.\//g;

/**
 * Returns the names of the settings that differ between two definitions. Functions are compared by their source text,
 * and objects by their JSON. An object without JSON, such as one that contains itself, equals every other.
 */
export function differences<T extends object>(before: T, after: T): string[] {
  return Object.keys(after).filter((name) => textOf(before[name as keyof T]) !== textOf(after[name as keyof T]));
}

function textOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_, part) => (typeof part === "object" ? part : String(part).replace(IMPORTED, "")));
  } catch {
    return undefined;
  }
}
