import { defineConfig } from "vitest/config";

/** The suites of `npm run test:memory`: the memory of processes that catch up on much. They run one after another. */
export default defineConfig({
  test: {
    include: ["packages/*/test/logs/**/*.suite.ts"],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: 1,
  },
});
