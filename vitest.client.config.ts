import { defineConfig } from "vitest/config";

/** The suites of `npm run test:client`: the client in every runtime, and faults that take time. */
export default defineConfig({
  test: {
    include: ["packages/*/test/{client,fetch-event-source,react}/**/*.suite.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    // The tests that run side by side in a file wait most of the time.
    maxConcurrency: 8,
  },
});
