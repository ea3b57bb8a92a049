/**
 * Answers the runner's calls in a child process. A call is `{ id, method, params }`; the answer is `{ id, result }` or
 * `{ id, error }`. The child exits when the runner disconnects.
 * @param {Record<string, (params: any) => unknown>} methods
 */
export function answerCalls(methods) {
  process.on("message", async (/** @type {any} */ { id, method, params }) => {
    try {
      if (!methods[method]) throw new Error(`${process.argv[1]} has no method ${method}`);
      process.send?.({ id, result: await methods[method](params) });
    } catch (error) {
      process.send?.({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
  // Exit normally: Node does not write the --cpu-prof file if a signal ends the process.
  process.on("disconnect", () => process.exit(0));
  process.send?.({ ready: true });
}
