const DEADLINE_MS = 10_000;
const EVERY_MS = 2;

// Taken before a test puts fake ones in their place.
const wait = globalThis.setTimeout;
const turn = globalThis.setImmediate;
const now = performance.now.bind(performance);

/** Resolves once a condition holds; rejects when it does not within `deadline` (ms). `what` says in the message what was waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadline = DEADLINE_MS,
): Promise<void> {
  const end = now() + deadline;
  while (!(await condition())) {
    if (now() > end) throw new Error(`It did not come to this within ${deadline} ms: ${what}`);
    await new Promise<void>((resolve) => void wait(resolve, EVERY_MS));
  }
}

/** Lets so many event-loop turns go by: for what must not happen, and would have happened by then. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => void turn(resolve));
}
