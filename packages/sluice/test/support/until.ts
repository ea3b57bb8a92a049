/** A limit for tests that hang. A busy machine takes long for what takes some ms on another. */
const DEADLINE_MS = 60_000;
const EVERY_MS = 2;

// Taken before a test replaces them by fake ones.
const wait = globalThis.setTimeout;
const now = performance.now.bind(performance);

/**
 * Resolves once `condition` holds. Rejects if it does not hold within `deadline` ms; the message then names it with
 * `what`.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadline = DEADLINE_MS,
): Promise<void> {
  const end = now() + deadline;
  while (!(await condition())) {
    if (now() > end) throw new Error(`Not within ${deadline} ms: ${what}`);
    await new Promise<void>((resolve) => void wait(resolve, EVERY_MS));
  }
}
