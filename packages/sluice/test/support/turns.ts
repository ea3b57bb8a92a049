// Taken before a test replaces it by a fake one.
const afterTurn = globalThis.setImmediate;

/** Resolves after `count` event-loop turns. Use it before asserting that something did not happen. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => void afterTurn(resolve));
}
