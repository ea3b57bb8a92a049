const { Bun, Deno, process } = globalThis as {
  Bun?: unknown;
  Deno?: unknown;
  process?: { getBuiltinModule?: unknown };
};

/** True on Node itself: not on a runtime that imitates it. */
export const IS_NODE: boolean = Bun === undefined && Deno === undefined && process?.getBuiltinModule !== undefined;
