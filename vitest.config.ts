import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "examples/*/test/**/*.test.ts",
      "scripts/**/*.test.ts",
      "bench/test/**/*.test.ts",
      "chaos/test/**/*.test.ts",
      "frameworks/test/**/*.test.ts",
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A long limit for busy machines. A condition that never holds fails all the same.
    expect: { poll: { timeout: 10_000 } },
    // Many tests wait for servers and timers. A third worker uses that time on a machine with two processors.
    maxWorkers: 3,
    // .ci/run counts the tests in this report.
    reporters: process.env.SLUICE_TEST_REPORT
      ? ["default", ["json", { outputFile: process.env.SLUICE_TEST_REPORT }]]
      : ["default"],
  },
});
