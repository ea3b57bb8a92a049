/**
 * The child's half of a call: the runner sends `{ id, method, params }`, the child sends `{ id, result }` or
 * `{ id, error }`. The child ends when the runner does.
 * @param {Record<string, (params: any) => unknown>} methods
 */
export function answer(methods) {
  process.on("message", async (/** @type {any} */ { id, method, params }) => {
    try {
      if (!methods[method]) throw new Error(`no method ${method} in ${process.argv[1]}`);
      process.send?.({ id, result: await methods[method](params) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
  // A normal exit, not a signal: only so does --cpu-prof write its file.
  process.on("disconnect", () => process.exit(0));
  process.send?.({ ready: true });
}
