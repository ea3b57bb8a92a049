/** Objects within objects are not compared beyond this depth. */
const MAX_DEPTH = 8;

/**
 * The names that bundlers give to what a function imports. They differ between copies of a module: Next.js makes one
 * for each layer, and Vite numbers the imports.
 */
const IMPORTED_NAMES = /\w*(?:__TURBOPACK__|__WEBPACK_|__vi_import_|__vite_ssr_import_)[\w$]*/g;

/** Returns the names of the fields that are defined differently. */
export function changedFields(before: object, after: object): string[] {
  const [old, now] = [before, after] as [Record<string, unknown>, Record<string, unknown>];
  return Object.keys({ ...old, ...now }).filter(
    (name) => old[name] !== now[name] && definitionOf(old[name]) !== definitionOf(now[name]),
  );
}

/**
 * Describes a value so that a value of the same source code has the same description: functions by their source text,
 * objects by their fields. An object of a class, such as the client of a database, has state: it is described by its
 * class and its `options`.
 */
function definitionOf(value: unknown, depth = 0): string {
  if (typeof value === "function") return String(value).replaceAll(IMPORTED_NAMES, "#");
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  if (depth === MAX_DEPTH) return "…";
  if (Array.isArray(value)) return `[${value.map((item) => definitionOf(item, depth + 1)).join()}]`;
  const type: string = value.constructor?.name ?? "Object";
  if (type === "Object") return fieldsOf(value, depth);
  const text = String(value);
  // Dates, addresses, regular expressions and bytes have a text of their own.
  if (!text.startsWith("[object ")) return `${type} ${text}`;
  return type + definitionOf((value as { readonly options?: unknown }).options, depth + 1);
}

function fieldsOf(value: object, depth: number): string {
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{${fields.map(([name, field]) => `${name}:${definitionOf(field, depth + 1)}`).sort()}}`;
}
