/**
 * Calls `work` for each item, for at most `limit` of them at a time. Resolves when all are done. Rejects with the first
 * error, and then begins with no more items.
 */
export async function someAtATime<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const rest = [...items].values();
  let hasFailed = false;
  const workOn = async () => {
    for (const item of rest) {
      if (hasFailed) return;
      try {
        await work(item);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, workOn));
}
