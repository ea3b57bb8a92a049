// @ts-check

/**
 * Resolves as the promise does. Rejects if it takes longer than `timeout` ms.
 * @template T
 * @param {number} timeout
 * @param {string} what
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
export async function within(timeout, what, promise) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Expected ${what} within ${timeout} ms.`)), timeout);
  });
  try {
    return await Promise.race([promise, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Resolves to the first result that is not `undefined` or false. An error counts as false until time is up.
 * @template T
 * @param {number} timeout
 * @param {string} what
 * @param {() => T | undefined | false | Promise<T | undefined | false>} attempt
 * @returns {Promise<T>}
 */
export async function eventually(timeout, what, attempt) {
  const end = performance.now() + timeout;
  /** @type {unknown} */
  let cause;
  for (;;) {
    try {
      const result = await attempt();
      if (result !== undefined && result !== false) return result;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > end) {
      const reason = cause instanceof Error ? ` (${cause.message})` : "";
      throw new Error(`Expected ${what} within ${timeout} ms${reason}.`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
