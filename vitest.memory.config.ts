import { defineConfig } from "vitest/config";

/**
 * The suites of `npm run test:memory`: the memory of processes, and bytes in flight. They run one after another: a busy
 * machine delays the collection of garbage.
 */
export default defineConfig({
  test: {
    include: ["packages/*/test/{logs,stream}/**/*.suite.ts"],
    testTimeout: 300_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 1,
  },
});
