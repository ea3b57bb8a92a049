import { defineConfig } from "vitest/config";

/** The suites of `npm run test:proxies`: real proxies with the configurations of deploy/, and the other files there. */
export default defineConfig({
  test: {
    include: ["deploy/test/**/*.suite.ts"],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 60_000 } },
    // Most tests wait for the time-outs of proxies. Several files run at once, so that these waits overlap.
    maxWorkers: 4,
  },
});
